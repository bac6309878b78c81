/** The middle one of some figures. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A figure with so many decimals. */
export function rounded(value, digits = 2) {
  return Number(value.toFixed(digits));
}
