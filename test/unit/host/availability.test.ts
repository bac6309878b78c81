import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AvailabilityFacts, classifyAvailability } from '../../../src/host/classes/availability.ts';
import { reportClass } from '../../../src/host/classes/report.ts';
import { parseResourceClasses } from '../../../src/host/classes/schema.ts';
import { asset } from '../../../src/system/assets.ts';
import { cases } from '../../cases.ts';
import { benchmarkOf, memoryOf, TYPICAL } from './figures.ts';

const FILE = 'chain/seed/compute/resource-classes.json';
const classes = parseResourceClasses(asset(FILE));
const ladder = classes.availability ?? [];
const steady: AvailabilityFacts = {
  uptime: 0.99,
  committedHours: 168,
  unbrokenHours: 168,
  diskGiB: 60,
  dayGiB: 500,
  latencyMs: 40,
};
const order = (name: string | undefined): number => ladder.findIndex((one) => one.name === name);

describe('the second axis', () => {
  test('gives the highest class that is reached, and what the next one lacks', () => {
    expect(classifyAvailability(steady, ladder, 0.08)).toEqual({
      class: 'steady',
      next: undefined,
      keptByMargin: false,
    });
    expect(classifyAvailability({ ...steady, committedHours: 56, unbrokenHours: 8 }, ladder, 0.08)).toMatchObject({
      class: 'scheduled',
      next: {
        class: 'steady',
        lacks: [{ figure: 'committedHours', has: 56, needs: 168 }, { figure: 'unbrokenHours' }],
      },
    });
  });

  test('keeps a class within the margin, and asks for no more than all there is', () => {
    expect(classifyAvailability({ ...steady, uptime: 0.95 }, ladder, 0.08, 'steady')).toMatchObject({
      class: 'steady',
      keptByMargin: true,
    });
    expect(classifyAvailability({ ...steady, uptime: 0.95 }, ladder, 0.08).class).toBe('scheduled');
    expect(classifyAvailability({ ...steady, uptime: 1 }, ladder, 0.08, 'scheduled').class).toBe('steady');
  });

  test('takes a latency that nobody measured for too long', () => {
    expect(classifyAvailability({ ...steady, latencyMs: undefined }, ladder, 0.08)).toMatchObject({
      class: 'spare-time',
      next: { lacks: [{ figure: 'latencyMs', has: null, needs: 200 }] },
    });
  });

  test('gives no lower class for better figures', () => {
    const facts = fc.record({
      uptime: fc.double({ min: 0, max: 1, noNaN: true }),
      committedHours: fc.nat(168),
      unbrokenHours: fc.nat(168),
      diskGiB: fc.nat(200),
      dayGiB: fc.nat(200),
      latencyMs: fc.option(fc.nat(400), { nil: undefined }),
    });
    const previous = fc.constantFrom(undefined, ...ladder.map(({ name }) => name));
    fc.assert(
      fc.property(facts, facts, previous, (one, other, before) => {
        const best = {
          uptime: Math.max(one.uptime, other.uptime),
          committedHours: Math.max(one.committedHours, other.committedHours),
          unbrokenHours: Math.max(one.unbrokenHours, other.unbrokenHours),
          diskGiB: Math.max(one.diskGiB, other.diskGiB),
          dayGiB: Math.max(one.dayGiB, other.dayGiB),
          latencyMs: one.latencyMs === undefined ? other.latencyMs : Math.min(one.latencyMs, other.latencyMs ?? 1e9),
        };
        const name = (of: AvailabilityFacts) => order(classifyAvailability(of, ladder, 0.08, before).class);
        expect(name(best)).toBeGreaterThanOrEqual(Math.max(name(one), name(other)));
      }),
      { numRuns: cases(200) },
    );
  });

  test('whose higher class asks for less is refused', () => {
    const value = JSON.parse(Buffer.from(asset(FILE)).toString());
    value.availability[2].minimum.diskGiB = 1;
    expect(() => parseResourceClasses(Buffer.from(JSON.stringify(value)))).toThrow(
      expect.objectContaining({ code: 'resource-classes-invalid' }),
    );
  });
});

test('a report says for each threshold what it decided', () => {
  const report = reportClass(
    { inventory: memoryOf(TYPICAL), benchmark: benchmarkOf(TYPICAL) } as never,
    steady,
    classes,
    { path: 'kvm' },
  );
  const decision = (name: string) => report.efficiency.figures.find(({ figure }) => figure === name)?.decision;
  expect(report.efficiency.class).toBe('compute-3');
  expect(decision('cpuAll')).toBe('keeps-from-next');
  expect(decision('ramMiB')).toBe('reaches-next');
  expect(decision('gpu')).toBe('not-asked-for');
  expect(report.availability).toMatchObject({ class: 'steady', facts: steady });
  const less = { ...TYPICAL, cpuAll: 290 };
  const kept = reportClass({ inventory: memoryOf(less), benchmark: benchmarkOf(less) } as never, steady, classes, {
    path: 'kvm',
    previous: 'compute-3',
  });
  expect(kept.efficiency).toMatchObject({ class: 'compute-3', keptByMargin: true });
});
