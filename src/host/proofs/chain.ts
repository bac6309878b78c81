import type { LinkKernel } from './link-kernel.ts';
import { digest, drawn } from './seed.ts';

/**
 * A lane of a CPU proof: a chain of links, each `roundsPerLink` rounds of the kernel from where the one before ended. All
 * ends (checkpoints) are given, so whoever left out work made up one checkpoint for each link that was left out, and each of those
 * is wrong when it is done again.
 */
export const CHECKPOINT_BYTES = 16;

export interface Lane {
  seed: string;
  lane: number;
  roundsPerLink: number;
}

/** The checkpoint after link `index` (from 0 on); `before` is the one before it, empty for the first. */
export function checkpoint(kernel: LinkKernel, { seed, lane, roundsPerLink }: Lane, index: number, before: Uint8Array) {
  const start = digest(seed, String(lane), String(index), before);
  const state = Buffer.alloc(8);
  state.writeBigUInt64LE(kernel.link(roundsPerLink, start.readBigUInt64LE()));
  return digest(start, state).subarray(0, CHECKPOINT_BYTES);
}

/** Does some links of the lanes again. Gives the first that is wrong as `lane/link`; `undefined` when all were right. */
export function wrongLink(
  kernel: LinkKernel,
  { seed, roundsPerLink }: Omit<Lane, 'lane'>,
  lanes: readonly Uint8Array[],
  options: { checked: number; random: () => number },
): string | undefined {
  const counts = lanes.map((bytes) => Math.floor(bytes.length / CHECKPOINT_BYTES));
  const total = counts.reduce((sum, count) => sum + count, 0);
  for (const drawnAt of drawn(options.checked, total, options.random)) {
    let index = drawnAt;
    let lane = 0;
    while (index >= (counts[lane] ?? 0)) {
      index -= counts[lane] ?? 0;
      lane += 1;
    }
    const bytes = lanes[lane] ?? new Uint8Array();
    const at = (link: number) => bytes.subarray(link * CHECKPOINT_BYTES, (link + 1) * CHECKPOINT_BYTES);
    const before = index === 0 ? new Uint8Array() : at(index - 1);
    if (!checkpoint(kernel, { seed, lane, roundsPerLink }, index, before).equals(at(index))) return `${lane}/${index}`;
  }
  return undefined;
}
