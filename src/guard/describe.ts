import type { Verdict } from './verdict.ts';

/** A verdict as lines of text. */
export function describeVerdict({ integrity, deviations, unchecked, checks, ms }: Verdict): string {
  return [
    `${integrity}: ${checks} looked at in ${ms} ms`,
    ...deviations.map(({ target, expected, found }) => `  ${target}: expected ${expected}, found ${found}`),
    ...unchecked.map(({ target, reason }) => `  ${target}: not checked, ${reason}`),
  ].join('\n');
}
