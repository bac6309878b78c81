/** Milliseconds to wait after the `attempt`-th failure (from 1): doubled each time, from `firstMs` to `maximumMs`. */
export function backOff(attempt: number, limits: { firstMs: number; maximumMs: number }): number {
  return Math.min(limits.maximumMs, limits.firstMs * 2 ** Math.min(attempt - 1, 30));
}
