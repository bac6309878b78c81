/** The middle one of some figures. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The one that `share` of the figures are not above, such as 0.95. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

/** A figure with so many decimals. */
export function rounded(value, digits = 2) {
  return Number(value.toFixed(digits));
}

/** How often a second of CPU time is enough for `work`, which other load on the machine does not change. */
export async function perCpuSecond(rounds, work) {
  for (let count = 0; count < rounds / 10; count += 1) await work();
  const before = process.cpuUsage();
  for (let count = 0; count < rounds; count += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return rounded(rounds / ((user + system) / 1e6), 2);
}
