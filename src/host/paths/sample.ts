import { median } from '../benchmark/statistics.ts';
import type { MeasuredShell } from './shell.ts';
import { type Place, WORKS, type WorkName } from './work.ts';

/** One side of a comparison. */
export interface Side {
  readonly shell: MeasuredShell;
  readonly place: Place;
}

/** What one side reached. */
export interface Reached {
  /** In the work's unit, for a second of CPU or of wall time, as the work says. Median of the rounds. */
  readonly rate: number;
  /** Seconds of the host's CPU time for a second of wall time; above 1 where several threads work. */
  readonly cpuShare: number;
}

export interface Compared {
  readonly name: WorkName;
  readonly unit: string;
  readonly per: 'cpu' | 'wall';
  readonly host: Reached;
  readonly guest: Reached;
  /** The guest's rate over the host's: median of the rounds, in each of which one followed the other. */
  readonly efficiency: number;
  /** The host's CPU time for the same amount of work: the guest's over the host's. */
  readonly cpuCost: number;
}

export interface CompareOptions {
  readonly rounds: number;
  /** What one run should take, in seconds. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

interface Sample {
  readonly amount: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** Has both sides do the same work in turn. */
export async function compareWork(name: WorkName, host: Side, guest: Side, options: CompareOptions): Promise<Compared> {
  const { scale, unit, per } = WORKS[name];
  const amounts = { host: await fittingAmount(name, host, options), guest: await fittingAmount(name, guest, options) };
  const rounds: { host: Sample; guest: Sample }[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.push({
      host: await sample(name, host, amounts.host, options.signal),
      guest: await sample(name, guest, amounts.guest, options.signal),
    });
  }
  const rate = (one: Sample): number => (one.amount * scale) / (per === 'cpu' ? one.cpuSeconds : one.wallSeconds);
  const cpuEach = (one: Sample): number => one.cpuSeconds / one.amount;
  const reached = (of: (round: { host: Sample; guest: Sample }) => Sample): Reached => ({
    rate: significant(median(rounds.map((round) => rate(of(round))))),
    cpuShare: significant(median(rounds.map((round) => of(round).cpuSeconds / of(round).wallSeconds))),
  });
  return {
    name,
    unit,
    per,
    host: reached((round) => round.host),
    guest: reached((round) => round.guest),
    efficiency: significant(median(rounds.map((round) => rate(round.guest) / rate(round.host)))),
    cpuCost: significant(median(rounds.map((round) => cpuEach(round.guest) / cpuEach(round.host)))),
  };
}

/** How much of the work takes about as long as wanted: found by doing more and more of it. */
async function fittingAmount(name: WorkName, side: Side, { seconds, signal }: CompareOptions): Promise<number> {
  const { least, most, per } = WORKS[name];
  let amount = least;
  for (;;) {
    const next = Math.min(most, amount * 8);
    const { cpuSeconds, wallSeconds } = await sample(name, side, next, signal);
    const took = per === 'cpu' ? cpuSeconds : wallSeconds;
    if (took >= seconds / 8 || next === most) {
      return Math.round(Math.min(most, Math.max(least * 2, (next * seconds) / Math.max(took, seconds / 64))));
    }
    amount = next;
  }
}

/** So much of the work beyond the smallest amount. */
async function sample(name: WorkName, { shell, place }: Side, amount: number, signal?: AbortSignal): Promise<Sample> {
  const { command, least } = WORKS[name];
  const small = await shell.run(command(least, place), signal);
  const large = await shell.run(command(amount, place), signal);
  // The clock of CPU time ticks in hundredths of a second.
  return {
    amount: amount - least,
    cpuSeconds: Math.max(0.005, large.cpuSeconds - small.cpuSeconds),
    wallSeconds: Math.max(0.000_1, large.wallSeconds - small.wallSeconds),
  };
}

function significant(value: number): number {
  return Number(value.toPrecision(3));
}
