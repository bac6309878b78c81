import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  committedSpans,
  keptOf,
  merged,
  parseCommitment,
  parseSlaRules,
  type Span,
  settle,
} from '../../../../src/host/index.ts';
import { asset } from '../../../../src/system/assets.ts';
import { cases } from '../../../cases.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, midnight UTC. */
const MONDAY = Date.UTC(2026, 0, 5);
const week: Span = { from: MONDAY, to: MONDAY + 7 * DAY };
const hours = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + to - from, 0) / HOUR;

describe('a commitment', () => {
  test.each([
    ['always', 168],
    ['22:00-06:00', 56],
    ['mon-fri 20:00-08:00', 60],
    ['sat 00:00-24:00', 24],
    ['fri-mon 10:00-11:30', 6],
  ])('%s is so many hours of a week', (text, expected) => {
    expect(keptOf([parseCommitment(text)], [], week).committedHours).toBe(expected);
    expect(hours(committedSpans([parseCommitment(text)], week))).toBeCloseTo(expected);
  });

  test.each([
    '',
    'mon',
    '25:00-26:00',
    '08:00-08:00',
    'abc 10:00-11:00',
    '10:00-9:00',
    '24:00-02:00',
    'mon-xyz 10:00-11:00',
  ])('%s is none', (text) => {
    expect(() => parseCommitment(text)).toThrow(expect.objectContaining({ code: 'sla-invalid' }));
  });

  test('past midnight belongs to the day that it begins on', () => {
    const spans = committedSpans([parseCommitment('sun 22:00-06:00')], { from: MONDAY, to: MONDAY + DAY });
    expect(spans).toEqual([{ from: MONDAY, to: MONDAY + 6 * HOUR }]);
  });

  test('that overlaps another counts once', () => {
    const both = [parseCommitment('08:00-12:00'), parseCommitment('10:00-14:00')];
    expect(keptOf(both, [], week)).toMatchObject({ committedHours: 42, unbrokenHours: 6 });
    expect(keptOf([parseCommitment('always')], [], week).unbrokenHours).toBe(168);
  });

  test('is kept as far as the machine was there in it', () => {
    const nights = [parseCommitment('00:00-06:00')];
    const there = [
      { from: MONDAY, to: MONDAY + 3 * HOUR },
      { from: MONDAY + 8 * HOUR, to: MONDAY + 20 * HOUR },
    ];
    expect(keptOf(nights, there, { from: MONDAY, to: MONDAY + DAY }).uptime).toBe(0.5);
    expect(keptOf([], there, { from: MONDAY, to: MONDAY + DAY }).uptime).toBeCloseTo(15 / 24);
  });
});

describe('a settlement', () => {
  const rules = parseSlaRules(asset('chain/seed/compute/sla-rules.json'));
  const hourly = rules.hourly['compute-2'] ?? 0n;
  const day = { class: 'compute-2', committed: [{ from: 0, to: 10 * HOUR }] };
  const before = { provider: 0n, payer: 1_000n * hourly, pool: 0n };

  test('of a day that was kept pays each hour, and the ones beside at their price', () => {
    const { earned, penalty, besideMs } = settle({ ...day, present: [{ from: 0, to: 14 * HOUR }] }, rules, before);
    expect({ earned, penalty, besideMs }).toEqual({ earned: 12n * hourly, penalty: 0n, besideMs: 4 * HOUR });
  });

  test('of missed hours takes their price, past what is tolerated, and never more than there is', () => {
    const half = settle({ ...day, present: [{ from: 0, to: 5 * HOUR }] }, rules, before);
    expect(half.missedMs).toBe(4.9 * HOUR);
    expect(half).toMatchObject({ earned: 5n * hourly, penalty: (49n * hourly) / 10n });
    const none = settle({ ...day, present: [] }, rules, before);
    expect(none).toMatchObject({ earned: 0n, penalty: 0n, unpaid: { penalty: (99n * hourly) / 10n } });
  });

  test('makes and loses no money, puts nobody below zero, and pays more for more', () => {
    const span = fc.tuple(fc.nat(200 * HOUR), fc.nat(30 * HOUR)).map(([from, length]) => ({ from, to: from + length }));
    const spans = fc.array(span, { maxLength: 8 });
    const amount = fc.bigInt({ min: 0n, max: 10n ** 20n });
    const share = fc.nat(1_000_000);
    const drawnRules = fc.record({
      hourly: amount,
      besideMillionths: share,
      missedMillionths: fc.nat(10_000_000),
      toleratedMillionths: share,
    });
    const balances = fc.record({ provider: amount, payer: amount, pool: amount });
    fc.assert(
      fc.property(
        spans,
        spans,
        span,
        drawnRules,
        balances,
        (committed, present, more, { hourly: price, ...rest }, start) => {
          const drawn = { version: 1 as const, hourly: { c: price }, ...rest };
          const { after, earned, penalty, unpaid, servedMs, committedMs, missedMs } = settle(
            { class: 'c', committed, present },
            drawn,
            start,
          );
          expect(after.provider + after.payer + after.pool).toBe(start.provider + start.payer + start.pool);
          for (const value of [...Object.values(after), earned, penalty, ...Object.values(unpaid)])
            expect(value >= 0n).toBe(true);
          expect(servedMs + missedMs).toBeLessThanOrEqual(committedMs);
          if (rest.besideMillionths > 0) return;
          // More time there never costs: with nothing for the hours beside, each is a committed one or changes nothing.
          const longer = settle({ class: 'c', committed, present: [...present, more] }, drawn, start);
          expect(longer.earned >= earned && longer.missedMs <= missedMs).toBe(true);
        },
      ),
      { numRuns: cases(200) },
    );
  });

  test('by rules that are none is refused', () => {
    for (const bad of [
      '{',
      '{}',
      '{"version":1,"hourly":{"a":"-1"},"besideMillionths":0,"missedMillionths":0,"toleratedMillionths":0}',
    ]) {
      expect(() => parseSlaRules(Buffer.from(bad))).toThrow(expect.objectContaining({ code: 'sla-rules-invalid' }));
    }
  });
});

test('stretches that are merged are in their order, apart, and as long as they were together', () => {
  const span = fc.tuple(fc.nat(100), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }));
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const joined = merged(spans);
      const inside = (list: readonly Span[], at: number): boolean => list.some(({ from, to }) => from <= at && at < to);
      for (let at = 0; at < 121; at++) expect(inside(joined, at)).toBe(inside(spans, at));
      for (const [at, one] of joined.entries()) expect(at === 0 || (joined[at - 1]?.to ?? 0) < one.from).toBe(true);
    }),
    { numRuns: cases(100) },
  );
});
