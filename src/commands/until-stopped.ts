/**
 * Does `work` with a controller that the first Ctrl-C (SIGINT) or SIGTERM aborts; the second one ends the process at once. For
 * programs without the command framework.
 */
export async function untilStopped(work: (abort: AbortController) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await work(abort);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
