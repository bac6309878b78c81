import { describe, expect, test } from 'vitest';
import {
  cpuStanding,
  diskStanding,
  jointStanding,
  parseProofRules,
  provenBenchmark,
  type RoundResult,
  type RoundVerdict,
  untilNextRound,
} from '../../../../src/host/index.ts';
import { asset } from '../../../../src/system/assets.ts';
import { benchmarkOf, TYPICAL } from '../figures.ts';

const rules = { ...parseProofRules(asset('chain/seed/compute/proof-rules.json')).rounds, short: 2, busy: 3, joint: 2 };
const cpu = (verdict: RoundVerdict, rate = 100): RoundResult => ({
  kind: 'cpu',
  verdict,
  why: verdict,
  rate,
  perCpuSecond: 2 * rate,
});
const open = { state: 'open', why: '' } as const;

describe('the standing of a claim', () => {
  test.each<[string, RoundVerdict[], string]>([
    ['nothing yet', [], 'open'],
    ['one slow round', ['proved', 'short'], 'open'],
    ['slow rounds in a row', ['proved', 'short', 'late'], 'found'],
    ['a good round between', ['short', 'proved', 'short'], 'open'],
    ['a wrong answer, whatever follows', ['wrong', 'proved', 'proved'], 'found'],
    ['a busy round', ['busy'], 'proved'],
    ['busy rounds in a row', ['busy', 'busy', 'busy'], 'busy'],
    ['a free round after busy ones', ['busy', 'busy', 'busy', 'proved'], 'proved'],
  ])('of a CPU with %s', (_name, verdicts, state) => {
    expect(
      cpuStanding(
        verdicts.map((verdict) => cpu(verdict)),
        rules,
      ).state,
    ).toBe(state);
  });

  test('counts a busy machine by what it delivered, a slow one by what it is', () => {
    expect(cpuStanding([cpu('busy', 50), cpu('busy', 60), cpu('busy', 40)], rules).counted).toBe(60);
    expect(cpuStanding([cpu('short', 50), cpu('short', 60)], rules).counted).toBe(120);
  });

  test('of a disk is lost by one wrong read or a fill that failed', () => {
    const disk = (kind: 'plot' | 'disk', verdict: RoundVerdict): RoundResult => ({ kind, verdict, why: verdict });
    expect(diskStanding([disk('plot', 'proved')], rules).state).toBe('open');
    expect(diskStanding([disk('plot', 'proved'), disk('disk', 'proved')], rules).state).toBe('proved');
    expect(diskStanding([disk('plot', 'failed')], rules).state).toBe('found');
    expect(diskStanding([disk('disk', 'wrong'), disk('disk', 'proved')], rules).state).toBe('found');
    expect(diskStanding([disk('disk', 'late')], rules).state).toBe('open');
    expect(diskStanding([disk('disk', 'late'), disk('disk', 'late')], rules).state).toBe('found');
  });
});

describe('machines in one window', () => {
  const window = (...together: number[]) =>
    together.map((value, at) => ({ account: String(at), alone: 100, together: value }));

  test('that halve each other every time are one', () => {
    expect(jointStanding([window(50, 50)], rules)).toMatchObject({ state: 'open' });
    expect(jointStanding([window(50, 50), window(55, 45)], rules)).toMatchObject({ state: 'found', counted: 0.5 });
  });

  test('of which one is busy, or all once, are several', () => {
    expect(jointStanding([window(100, 60)], rules)).toMatchObject({ state: 'proved' });
    expect(jointStanding([window(50, 50), window(95, 98)], rules)).toMatchObject({ state: 'proved' });
    expect(jointStanding([window(98, 98), window(50, 50)], rules)).toMatchObject({ state: 'open' });
  });
});

test('a class is given for what was shown, never for more', () => {
  const benchmark = benchmarkOf(TYPICAL);
  expect(provenBenchmark(benchmark, { cpu: open, disk: open, joint: open })).toEqual(benchmark);
  const shown = provenBenchmark(benchmark, {
    cpu: { state: 'found', why: '', counted: TYPICAL.cpuAll / 2 },
    disk: { state: 'found', why: '', counted: 0 },
    joint: { state: 'found', why: '', counted: 0.5 },
  });
  expect(shown.cpuAll.score).toBeCloseTo(TYPICAL.cpuAll / 4);
  expect(shown.diskRead.score).toBe(0);
  const more = provenBenchmark(benchmark, { cpu: { state: 'found', why: '', counted: 1e9 }, disk: open, joint: open });
  expect(more.cpuAll.score).toBe(TYPICAL.cpuAll);
});

test('rounds come at times that are memoryless, with the mean that the chain says', () => {
  const draws = Array.from({ length: 1_000 }, (_, at) => untilNextRound((at + 0.5) / 1_000, rules));
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  expect(mean / 60_000 / rules.meanMinutes).toBeCloseTo(1, 1);
  expect(untilNextRound(1, rules)).toBeLessThan(Number.POSITIVE_INFINITY);
});
