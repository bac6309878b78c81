import type { Figure } from '../benchmark/figure.ts';
import type { Benchmark } from '../benchmark/run.ts';
import type { RoundResult } from './judge.ts';
import type { ProofRules } from './rules.ts';

/** What a machine's rounds so far make of one of its claims. */
export interface Standing {
  /** `open`: no round decides yet. `found`: the claim isn't true. */
  readonly state: 'open' | 'proved' | 'busy' | 'found';
  /** A clause. */
  readonly why: string;
  /** What is counted on instead of the claim, in its unit; absent while the claim holds. */
  readonly counted?: number;
}

type Rounds = ProofRules['rounds'];

/** What the CPU rounds make of the claim. One wrong answer is enough; a slow or busy round may be bad luck, several in a row are not. */
export function cpuStanding(rounds: readonly RoundResult[], rules: Rounds): Standing {
  const all = rounds.filter(({ kind }) => kind === 'cpu');
  const wrong = all.find(({ verdict }) => verdict === 'wrong');
  if (wrong !== undefined) return { state: 'found', why: wrong.why, counted: 0 };
  const last = all.at(-1);
  if (last === undefined) return { state: 'open', why: 'not asked yet' };
  const slow = all.slice(-rules.short);
  if (slow.length === rules.short && slow.every(isMissed)) {
    return { state: 'found', why: `${rules.short} rounds in a row: ${last.why}`, counted: best(slow, 'perCpuSecond') };
  }
  const busy = all.slice(-rules.busy);
  if (busy.length === rules.busy && busy.every(({ verdict }) => verdict === 'busy')) {
    // Whatever it says of its own load: this is what a guest would have had.
    return { state: 'busy', why: `busy in ${rules.busy} rounds in a row: ${last.why}`, counted: best(busy, 'rate') };
  }
  if (last.verdict === 'proved' || last.verdict === 'busy') return { state: 'proved', why: last.why };
  return { state: 'open', why: `asked again: ${last.why}` };
}

/** What the disk rounds make of the disk that was claimed. */
export function diskStanding(rounds: readonly RoundResult[], rules: Rounds): Standing {
  const all = rounds.filter(({ kind }) => kind === 'plot' || kind === 'disk');
  const bad = all.find(({ verdict }) => verdict === 'wrong' || verdict === 'failed');
  if (bad !== undefined) return { state: 'found', why: bad.why, counted: 0 };
  const reads = all.filter(({ kind }) => kind === 'disk');
  const last = reads.at(-1);
  if (last === undefined) return { state: 'open', why: 'not asked yet' };
  const slow = reads.slice(-rules.short);
  if (slow.length === rules.short && slow.every(isMissed)) return { state: 'found', why: last.why, counted: 0 };
  return last.verdict === 'proved' ? { state: 'proved', why: last.why } : { state: 'open', why: last.why };
}

/** One host in a window with others behind its address: what it did alone at best, and in the window; Mround/s. */
export interface JointRound {
  readonly account: string;
  readonly alone: number;
  readonly together: number;
}

/**
 * Whether hosts behind one address are one machine: asked in one window they fall short together of what each did alone, in
 * every one of the last windows. Machines of their own do what they did alone, save for their owners' work, which
 * does not come and go by the region's dice.
 */
export function jointStanding(windows: readonly (readonly JointRound[])[], rules: Rounds): Standing {
  const shares = windows.slice(-rules.joint).map((window) => {
    const sum = (field: 'alone' | 'together'): number => window.reduce((total, one) => total + one[field], 0);
    return sum('alone') > 0 ? sum('together') / sum('alone') : 1;
  });
  const last = shares.at(-1);
  if (last === undefined) return { state: 'open', why: 'never asked together' };
  const why = `together they did ${Math.round(last * 100)} % of what each did alone`;
  if (last >= rules.jointShare) return { state: 'proved', why };
  if (shares.length < rules.joint || shares.some((share) => share >= rules.jointShare)) return { state: 'open', why };
  return { state: 'found', why: `${why}, and so in ${rules.joint} windows in a row`, counted: last };
}

/** What is known of a machine's claims. */
export interface Standings {
  readonly cpu: Standing;
  readonly disk: Standing;
  /** With the others behind its address. */
  readonly joint: Standing;
}

/** The figures that a class may be given for: those that were found out are taken down to what was shown. */
export function provenBenchmark(benchmark: Benchmark, { cpu, disk, joint }: Standings): Benchmark {
  const shown = cpu.counted === undefined ? 1 : Math.min(1, cpu.counted / Math.max(benchmark.cpuAll.score, 1e-9));
  const onCpu = shown * (joint.state === 'found' ? (joint.counted ?? 1) : 1);
  const onDisk = disk.counted ?? 1;
  const scaled = (figure: Figure, by: number): Figure =>
    by === 1 ? figure : { ...figure, score: figure.score * by, low: figure.low * by };
  return {
    ...benchmark,
    cpuSingle: scaled(benchmark.cpuSingle, onCpu),
    cpuAll: scaled(benchmark.cpuAll, onCpu),
    diskWrite: scaled(benchmark.diskWrite, onDisk),
    diskRead: scaled(benchmark.diskRead, onDisk),
    diskRandom: scaled(benchmark.diskRandom, onDisk),
  };
}

/** Milliseconds until the next round: exponential, so that the last one says nothing about the next. `random`: 0 to 1. */
export function untilNextRound(random: number, rules: Rounds): number {
  return -Math.log(1 - Math.min(random, 1 - 1e-9)) * rules.meanMinutes * 60_000;
}

function isMissed({ verdict }: RoundResult): boolean {
  return verdict === 'short' || verdict === 'late' || verdict === 'failed';
}

function best(rounds: readonly RoundResult[], field: 'rate' | 'perCpuSecond'): number {
  return Math.max(0, ...rounds.map((round) => round[field] ?? 0));
}
