import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClassifyOptions, type ClassVerdict, classify } from '../../../src/host/classes/classify.ts';
import { PROVIDE_PATHS, parseResourceClasses } from '../../../src/host/classes/schema.ts';
import { benchmarkOf, figure, memoryOf, type Scores, TYPICAL } from './figures.ts';

const FILE = join(import.meta.dirname, '../../../chain/seed/compute/resource-classes.json');
const shipped = JSON.parse(readFileSync(FILE, 'utf8'));
const classes = parseResourceClasses(readFileSync(FILE));
const order = (name: string | undefined): number => classes.classes.findIndex((entry) => entry.name === name);
const judge = (scores: Scores, options?: ClassifyOptions): ClassVerdict =>
  classify(memoryOf(scores), benchmarkOf(scores), classes, options);

describe('the chain value', () => {
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const broken = (change: (value: typeof shipped) => void): Uint8Array => {
    const copy = structuredClone(shipped);
    change(copy);
    return bytes(copy);
  };

  test('that we ship is accepted and names this benchmark', () => {
    expect(classes.classes.map((entry) => entry.name)).toContain('compute-1');
  });

  test.each([
    ['not JSON', new TextEncoder().encode('{')],
    ['not UTF-8', new Uint8Array([0xff])],
    ['another version', broken((value) => (value.version = 2))],
    ['an unknown key', broken((value) => (value.extra = 1))],
    ['an unknown figure', broken((value) => (value.classes[0].minimum.speed = 1))],
    ['a missing figure', broken((value) => delete value.classes[0].minimum.cpuAll)],
    ['a negative minimum', broken((value) => (value.classes[0].minimum.cpuAll = -1))],
    ['a path that is none', broken((value) => (value.classes[0].paths = ['xen']))],
    ['a factor of zero', broken((value) => (value.paths.qemu.factor = 0))],
    ['a name twice', broken((value) => (value.classes[1].name = value.classes[0].name))],
    ['a higher class that asks for less', broken((value) => (value.classes[4].minimum.ramMiB = 1))],
    ['no class', broken((value) => (value.classes = []))],
  ])('is refused when it is %s', (_name, value) => {
    expect(() => parseResourceClasses(value)).toThrow(expect.objectContaining({ code: 'resource-classes-invalid' }));
  });

  test('for another benchmark is refused, because its numbers mean something else', () => {
    expect(() => parseResourceClasses(broken((value) => (value.kernel = 'logos-mix-2')))).toThrow(
      expect.objectContaining({ code: 'resource-classes-kernel' }),
    );
  });
});

describe('classify', () => {
  test('names the class, what decided it, and what the next one lacks', () => {
    const verdict = judge(TYPICAL);
    expect(verdict).toMatchObject({
      class: 'compute-3',
      decidedBy: { figure: 'cpuAll', has: 400, needs: 800 },
      next: { class: 'compute-4', lacks: [{ figure: 'cpuAll' }] },
      keptByMargin: false,
    });
    expect(verdict.summary).toBe('compute-3: compute-4 lacks all-threads CPU speed 400 of 800 Mround/s');
  });

  test('emulation divides speed, not memory or disk', () => {
    const { usable, class: name } = judge(TYPICAL, { path: 'qemu' });
    expect(usable.cpuSingle).toBeCloseTo(TYPICAL.cpuSingle * classes.paths.qemu.factor);
    expect(usable).toMatchObject({ ramMiB: TYPICAL.ramMiB, diskWrite: TYPICAL.diskWrite });
    expect(name).toBe('compute-1');
  });

  test('a machine below every class has none, and is told what the first one lacks', () => {
    const verdict = judge({ ...TYPICAL, ramMiB: 512 });
    expect(verdict.class).toBeUndefined();
    expect(verdict.next).toMatchObject({ class: 'compute-1', lacks: [{ figure: 'ramMiB', has: 512, needs: 1800 }] });
  });

  test('the highest class names the figure nearest to its minimum', () => {
    const verdict = judge({ ...TYPICAL, cpuAll: 5_000, ramMiB: 30_000 });
    expect(verdict).toMatchObject({ class: 'compute-5', decidedBy: { figure: 'ramMiB' } });
    expect(verdict.next).toBeUndefined();
  });

  test('the path gpu has classes of its own', () => {
    expect(judge(TYPICAL, { path: 'gpu' }).class).toBeUndefined();
    expect(judge({ ...TYPICAL, gpu: 500 }, { path: 'gpu' }).class).toBe('gpu-1');
  });

  test('an unstable figure counts by its lower quartile, and is named', () => {
    const benchmark = { ...benchmarkOf(TYPICAL), cpuAll: figure(400, 250) };
    const verdict = classify(memoryOf(TYPICAL), benchmark, classes);
    expect(verdict.class).toBe('compute-2');
    expect(verdict.unstable).toEqual([{ figure: 'cpuAll', why: 'it varies', used: 250 }]);
    expect(verdict.summary).toContain('unstable, counted low: all-threads CPU speed');
  });

  test('noise around a minimum does not move a class that was given', () => {
    const around = (cpuAll: number, previous: string): string | undefined =>
      judge({ ...TYPICAL, cpuAll }, { previous }).class;
    for (const cpuAll of [285, 299, 301, 315]) {
      expect(around(cpuAll, 'compute-3')).toBe('compute-3');
      expect(around(cpuAll, 'compute-2')).toBe('compute-2');
    }
    expect(around(270, 'compute-3')).toBe('compute-2');
    expect(around(330, 'compute-2')).toBe('compute-3');
    expect(judge({ ...TYPICAL, cpuAll: 290 }, { previous: 'compute-3' }).keptByMargin).toBe(true);
  });
});

describe('classify, for any machine', () => {
  const amount = fc.double({ min: 0, max: 50_000, noNaN: true });
  const scores: fc.Arbitrary<Scores> = fc.record({
    cpuSingle: amount,
    cpuAll: amount,
    memoryBandwidth: amount,
    diskWrite: amount,
    diskRead: amount,
    diskRandom: amount,
    gpu: amount,
    ramMiB: fc.integer({ min: 0, max: 1_000_000 }),
  });
  const options = fc.record({
    path: fc.constantFrom(...PROVIDE_PATHS),
    previous: fc.option(fc.constantFrom(...classes.classes.map((entry) => entry.name), 'unknown'), { nil: undefined }),
  });

  test('is total and deterministic', () => {
    fc.assert(
      fc.property(scores, options, (machine, chosen) => {
        const verdict = judge(machine, chosen);
        expect(judge(machine, chosen)).toEqual(verdict);
        expect(verdict.summary).not.toMatch(/NaN|undefined|Infinity/);
        expect(verdict.class === undefined || order(verdict.class) >= 0).toBe(true);
      }),
    );
  });

  test('better figures never give a lower class', () => {
    fc.assert(
      fc.property(scores, scores, options, (machine, extra, chosen) => {
        const better = Object.fromEntries(
          Object.entries(machine).map(([name, value]) => [name, value + extra[name as keyof Scores]]),
        ) as unknown as Scores;
        expect(order(judge(better, chosen).class)).toBeGreaterThanOrEqual(order(judge(machine, chosen).class));
      }),
    );
  });

  test('a class that was given is given again to the same machine', () => {
    fc.assert(
      fc.property(scores, options, (machine, { path }) => {
        const first = judge(machine, { path }).class;
        expect(judge(machine, { path, previous: first }).class).toBe(first);
      }),
    );
  });
});
