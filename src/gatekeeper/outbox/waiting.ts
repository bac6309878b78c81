import { z } from 'zod';
import type { Json } from '../../system/journal.ts';
import { type NativeRequest, nativeRequest, originSchema } from '../request.ts';

const waitingSchema = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  kind: z.string(),
  payload: z.json(),
  origin: originSchema,
  nonce: z.string(),
  expires: z.number().optional(),
  scope: z.strictObject({ account: z.string(), genesis: z.string() }),
  since: z.string(),
});

/** A request as it is kept, and since when (ISO 8601). */
export interface Waiting {
  readonly request: NativeRequest;
  readonly since: string;
}

/** JSON of a request that came at `now`, in milliseconds since 1970. */
export function writeWaiting(request: NativeRequest, now: number): string {
  const { id, kind, payload, origin, nonce, expires, scope } = request;
  const since = new Date(now).toISOString();
  return JSON.stringify({ format: 1, id, kind, payload, origin, nonce, expires, scope, since });
}

/** What was kept under an id; `undefined` where its content is not what the id says. */
export function readWaiting(id: string, text: string): Waiting | undefined {
  try {
    const kept = waitingSchema.parse(JSON.parse(text));
    const request = nativeRequest({ ...kept, payload: kept.payload as Json }, kept.scope);
    return request.id === id ? { request, since: kept.since } : undefined;
  } catch {
    return undefined;
  }
}
