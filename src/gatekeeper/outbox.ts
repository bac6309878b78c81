import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrno, readJson, syncDirectory, writeJson } from '../system/files.ts';
import type { Json } from '../system/journal.ts';
import { type NativeRequest, nativeRequest, originSchema } from './request.ts';

const waitingSchema = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  kind: z.string(),
  payload: z.json(),
  origin: originSchema,
  nonce: z.string(),
  scope: z.strictObject({ account: z.string(), genesis: z.string() }),
  since: z.string(),
});

/**
 * Requests that were admitted and whose end is not known: each is a file, on disk before it is sent and gone after it is
 * settled. What is kept is the native request, so that one sent again passes every stage again.
 */
export interface Outbox {
  put(request: NativeRequest, now: number): Promise<void>;
  remove(id: string): Promise<void>;
  has(id: string): boolean;
  readonly size: number;
  /** Waiting requests of one account and chain, oldest first. */
  waiting(scope: { account: string; genesis: string }): Promise<NativeRequest[]>;
}

/** Opens the outbox in `directory` and reads which requests wait there. */
export async function openOutbox(directory: string): Promise<Outbox> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const ids = new Set((await namesIn(directory)).map((name) => name.slice(0, -'.json'.length)));
  const pathOf = (id: string): string => join(directory, `${id}.json`);

  const read = async (id: string): Promise<{ request: NativeRequest; since: string } | undefined> => {
    try {
      const kept = await readJson(pathOf(id), waitingSchema);
      if (kept === undefined) return undefined;
      const request = nativeRequest({ ...kept, payload: kept.payload as Json }, kept.scope);
      if (request.id === id) return { request, since: kept.since };
    } catch (error) {
      if (error instanceof Error && (error as NodeJS.ErrnoException).errno !== undefined) throw error;
    }
    // Damaged: its content is not what its id says. It is never sent, and kept aside for whoever looks into it.
    await rename(pathOf(id), join(directory, `${id}.damaged`));
    return undefined;
  };

  return {
    get size() {
      return ids.size;
    },
    has: (id) => ids.has(id),
    async put(request, now) {
      if (ids.has(request.id)) return;
      const { id, kind, payload, origin, nonce, scope } = request;
      await writeJson(pathOf(id), {
        format: 1,
        id,
        kind,
        payload,
        origin,
        nonce,
        scope,
        since: new Date(now).toISOString(),
      });
      ids.add(id);
    },
    async remove(id) {
      await rm(pathOf(id), { force: true });
      await syncDirectory(directory);
      ids.delete(id);
    },
    async waiting(scope) {
      const found: { request: NativeRequest; since: string }[] = [];
      for (const id of [...ids]) {
        const kept = await read(id);
        if (kept === undefined) ids.delete(id);
        else if (kept.request.scope.account === scope.account && kept.request.scope.genesis === scope.genesis) {
          found.push(kept);
        }
      }
      found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
      return found.map(({ request }) => request);
    },
  };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
