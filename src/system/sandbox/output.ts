import type { Readable } from 'node:stream';

/** What a program printed: the first `limit` bytes of it, and how many more there were. */
export interface Output {
  readonly bytes: Uint8Array;
  readonly dropped: number;
}

/**
 * Collects what comes from several streams in the order in which it comes, hands each part to `onPart`, and goes on reading past
 * the limit: a program that nobody reads from any more would stop in the middle of its work.
 */
export async function collect(
  streams: readonly Readable[],
  limit: number,
  onPart: (part: Uint8Array) => void = () => {},
): Promise<Output> {
  const parts: Uint8Array[] = [];
  let left = limit;
  let dropped = 0;
  const take = (chunk: Uint8Array) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    dropped += chunk.length - part.length;
    if (part.length === 0) return;
    parts.push(part);
    onPart(part);
  };
  await Promise.all(
    streams.map(async (stream) => {
      for await (const chunk of stream) take(chunk as Uint8Array);
    }),
  );
  return { bytes: Buffer.concat(parts), dropped };
}
