/** The client left: there is nobody to tell. */
export class ClientGone extends Error {}

/** Waits for `work` so long at most; rejects with `late()` then. */
export async function within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    // Longer than a timer can be set (24 days) is as good as never.
    timer = setTimeout(() => reject(late()), Math.min(ms, 2 ** 31 - 1));
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Who says nothing for so long in the middle of a job is let go, client or worker. */
export const SILENT_MS = 30_000;
/** Slower than this, a client would keep its worker from the others for ever. */
const SLOWEST_BYTES_PER_MS = 1_048.576;

/** How long to wait for the next part of so many bytes: a while for each, and a while for all of them together. */
export function patience(bytes: number): () => number {
  const end = performance.now() + SILENT_MS + bytes / SLOWEST_BYTES_PER_MS;
  return () => Math.max(0, Math.min(SILENT_MS, end - performance.now()));
}
