import { UserError } from '../../system/errors.ts';

/** A stretch of time, milliseconds since 1970 (UTC); `to` is the first moment after it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Hours that a provider commits to, on days of the week, UTC: so that both sides count the same. */
export interface Commitment {
  /** 0 is Sunday. A span that passes midnight belongs to the day that it begins on. */
  readonly days: readonly number[];
  /** Minutes since midnight; `to` at or before `from` is on the next day. */
  readonly from: number;
  readonly to: number;
}

const FORM = /^(?:(?<first>[a-z]{3})(?:-(?<last>[a-z]{3}))? )?(?<from>\d\d:\d\d)-(?<to>\d\d:\d\d)$/;

/** Reads `mon-fri 20:00-08:00`, `sat 00:00-24:00`, `22:00-06:00` (every day) or `always`. Throws UserError `sla-invalid`. */
export function parseCommitment(text: string): Commitment {
  if (text === 'always') return { days: DAYS.map((_, day) => day), from: 0, to: 0 };
  const parts = FORM.exec(text.trim().toLowerCase())?.groups;
  const [from, to] = [minutesOf(parts?.from), minutesOf(parts?.to)];
  const days = daysOf(parts?.first, parts?.last);
  if (from === undefined || to === undefined || days === undefined || from === 1_440 || (from === to && from !== 0)) {
    throw new UserError('sla-invalid', `${text.slice(0, 100)} is no commitment.`, {
      nextSteps: ['Write days and hours (UTC), such as `mon-fri 20:00-08:00`, or `always`.'],
    });
  }
  return { days, from, to: to === 1_440 ? 0 : to };
}

function minutesOf(text: string | undefined): number | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = (text ?? '').split(':').map(Number);
  const sum = hours * 60 + minutes;
  return minutes < 60 && sum <= 1_440 ? sum : undefined;
}

function daysOf(first: string | undefined, last: string | undefined): number[] | undefined {
  if (first === undefined) return DAYS.map((_, day) => day);
  const [begin, end] = [first, last ?? first].map((name) => DAYS.indexOf(name as (typeof DAYS)[number]));
  if (begin === undefined || end === undefined || begin < 0 || end < 0) return undefined;
  const count = ((end - begin + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => (begin + index) % 7);
}

/** The stretches of a window that a provider committed to, in their order, none over another. */
export function committedSpans(commitments: readonly Commitment[], window: Span): Span[] {
  const spans: Span[] = [];
  const firstDay = Math.floor(window.from / DAY_MS) - 1;
  for (let day = firstDay; day * DAY_MS < window.to; day++) {
    const weekday = new Date(day * DAY_MS).getUTCDay();
    for (const { days, from, to } of commitments) {
      if (!days.includes(weekday)) continue;
      const begin = day * DAY_MS + from * MINUTE_MS;
      const end = day * DAY_MS + to * MINUTE_MS + (to <= from ? DAY_MS : 0);
      spans.push({ from: begin, to: end });
    }
  }
  return within(merged(spans), window);
}

/** The same time in as few stretches as can be, in their order. */
export function merged(spans: readonly Span[], gapMs = 0): Span[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (to <= from) continue;
    if (last !== undefined && from <= last.to + gapMs) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** The time that is in both. Both lists: merged. */
export function common(one: readonly Span[], other: readonly Span[]): Span[] {
  return one.flatMap((span) => within(other, span));
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Hours of a week that are committed. */
export function hoursAWeek(commitments: readonly Commitment[]): number {
  // From a Sunday on: 4 January 1970.
  return lengthOf(committedSpans(commitments, { from: 3 * DAY_MS, to: 10 * DAY_MS })) / 3_600_000;
}

/** The longest stretch without a break that is committed, hours; a week of it counts as 168. */
export function longestHours(commitments: readonly Commitment[]): number {
  const fortnight = committedSpans(commitments, { from: 3 * DAY_MS, to: 17 * DAY_MS });
  return Math.min(168, Math.max(0, ...fortnight.map(({ from, to }) => (to - from) / 3_600_000)));
}

function within(spans: readonly Span[], { from, to }: Span): Span[] {
  return spans
    .map((span) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }))
    .filter((span) => span.from < span.to);
}
