/** A process that lived this long was not in a crash loop. */
const HEALTHY_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** From so many early deaths in a row a service counts as failed (and is still tried). */
export const FAILED_AFTER = 3;

export interface Restart {
  /** Early deaths in a row, this one included. */
  deaths: number;
  delayMs: number;
}

/**
 * When to start a process again that ended by itself: the first time at once, then in doubling steps, until it
 * lives long enough again. So one that was killed is back immediately, and a broken one does not burn the CPU.
 */
export function restartAfter(deathsBefore: number, livedMs: number): Restart {
  const deaths = livedMs >= HEALTHY_MS ? 1 : deathsBefore + 1;
  return { deaths, delayMs: deaths === 1 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (deaths - 2)) };
}
