import { type Commitment, committedSpans, common, hoursAWeek, lengthOf, longestHours, type Span } from './schedule.ts';

/** What a commitment amounts to, and how well it was kept. */
export interface Kept {
  /** Hours of a week, and the longest of them without a break. */
  readonly committedHours: number;
  readonly unbrokenHours: number;
  /** Of the committed time (of all time without a commitment) the share in which the machine was there, 0 to 1; 0 before any was looked at. */
  readonly uptime: number;
}

/** Pure and total. `present`: when the machine was there, merged. `window`: what is looked at. */
export function keptOf(commitments: readonly Commitment[], present: readonly Span[], window: Span): Kept {
  const due = commitments.length === 0 ? [window] : committedSpans(commitments, window);
  const length = lengthOf(due);
  return {
    committedHours: hoursAWeek(commitments),
    unbrokenHours: longestHours(commitments),
    uptime: length > 0 ? lengthOf(common(due, present)) / length : 0,
  };
}
