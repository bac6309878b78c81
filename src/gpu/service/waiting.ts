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
