import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { answerSchema, challengeSchema } from '../../host/index.ts';

/** Longer lines end the connection: 4,096 lanes of a round fit. */
export const LONGEST_LINE = 64 * 2 ** 20;

/** What the region sends a machine. */
export const askedSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('nonce'), nonce: z.string().regex(/^[0-9a-f]{32}$/) }),
  z.object({ type: z.literal('refused'), why: z.string().max(1_000) }),
  z.object({ type: z.literal('ask'), id: z.int().min(0), challenge: challengeSchema }),
  z.object({ type: z.literal('told'), text: z.string().max(2_000) }),
]);
export type Asked = z.infer<typeof askedSchema>;

/** What a machine sends. */
export const saidSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    account: z.string().max(64),
    signature: z.string().max(256),
    claim: z.unknown(),
    /** What it offers for plots. */
    diskMiB: z.int().min(0),
  }),
  z.object({ type: z.literal('answer'), id: z.int().min(0), answer: answerSchema }),
]);
export type Said = z.infer<typeof saidSchema>;

/** What a machine signs when it says hello: who it is, to whom, and what it claims. */
export function helloText(nonce: string, claimDigest: string, diskMiB: number): string {
  return `proofs:${nonce}:${claimDigest}:${diskMiB}`;
}

export function send(socket: Socket, message: Asked | Said): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

/** Each message that comes; one that is none, or longer than `longest` bytes by then, ends the connection. */
export async function* messages<T>(
  socket: Socket,
  schema: z.ZodType<T>,
  longest: () => number = () => LONGEST_LINE,
): AsyncGenerator<T> {
  let length = 0;
  socket.on('data', (data: Buffer) => {
    const end = data.lastIndexOf(0x0a);
    length = end < 0 ? length + data.length : data.length - end;
    if (length > longest()) socket.destroy();
  });
  // A connection that breaks ends the messages; whoever waits for one sees that.
  socket.on('error', () => {});
  const lines = createInterface({ input: socket });
  socket.once('close', () => lines.close());
  for await (const line of lines) {
    const parsed = schema.safeParse(parsedJson(line));
    if (!parsed.success) break;
    yield parsed.data;
  }
  socket.destroy();
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
