/** The middle value; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between the two nearest order statistics (type 7 of Hyndman and Fan, 1996). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/**
 * Robust relative spread: 1.4826 × median absolute deviation ÷ median. The factor makes it estimate the coefficient of
 * variation of normal data, while up to half of the windows may be spoilt by interrupts without moving it.
 */
export function dispersion(values: readonly number[]): number {
  const middle = median(values);
  if (!(middle > 0)) return Number.POSITIVE_INFINITY;
  return (1.4826 * median(values.map((value) => Math.abs(value - middle)))) / middle;
}
