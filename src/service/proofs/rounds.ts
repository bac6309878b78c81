import { randomBytes } from 'node:crypto';
import type { AccountId } from '../../chain/index.ts';
import {
  type Answer,
  type Challenge,
  type ChallengeOf,
  classify,
  type JointRound,
  jointStanding,
  judgeCpu,
  judgeDisk,
  judgePlot,
  linkKernel,
  type ProofRules,
  type ProvidePath,
  provenBenchmark,
  type ResourceClasses,
  type RoundResult,
  roundSeed,
  type Standing,
  type Standings,
} from '../../host/index.ts';
import type { Examined } from './examined.ts';

/** What the region's chain says, read anew for each round. */
export interface ExaminerChain {
  /** Rules and thresholds of `compute-section-1`. */
  rules(): Promise<{ proofs: ProofRules; classes: ResourceClasses }>;
  /** Hash of a block that is final. */
  finalBlock(): Promise<string>;
  /** What a machine joined with; `undefined` when it isn't admitted. */
  admitted(account: AccountId): Promise<{ inventory: string; class: string; path: ProvidePath } | undefined>;
}

/** What an examiner tells of. */
export type Reported =
  | { event: 'round'; account: string; address: string; result: RoundResult; standings: Standings }
  | { event: 'joint'; address: string; machines: readonly JointRound[]; standing: Standing }
  | { event: 'class'; account: string; class: string | null; was: string; because: string }
  | { event: 'refused'; account: string; why: string }
  | { event: 'trouble'; why: string };

export interface Round {
  proofs: ProofRules;
  classes: ResourceClasses;
  chain: ExaminerChain;
  random: () => number;
  report(event: Reported): void;
}

const kernel = () => linkKernel();
/** Beside what the rules allow for working and answering. */
const PATIENCE_MS = 60_000;
/** Of the rounds of a machine that offers disk, the share that asks for it. */
const DISK_ROUNDS = 0.5;
/** Filling is bound by the machine's CPU: this long for each MiB. */
const FILL_MS_PER_MIB = 10_000;

/** Asks one machine one thing, and says what it makes of it. */
export async function askOne(machine: Examined, round: Round): Promise<void> {
  const { disk } = machine.standings(round.proofs);
  // Filled first, because that takes its time.
  const onDisk =
    machine.diskMiB > 0 && disk.state !== 'found' && (machine.plot === undefined || round.random() < DISK_ROUNDS);
  const result = onDisk ? await askDisk(machine, round) : await askCpu(machine, round);
  if (result === undefined) return;
  machine.keep(result);
  if (result.kind === 'cpu') machine.alone = Math.max(machine.alone, result.rate ?? 0);
  const standings = machine.standings(round.proofs);
  round.report({ event: 'round', account: machine.account, address: machine.address, result, standings });
  machine.link?.tell(`${result.kind}: ${result.verdict}, ${result.why}`);
  await tellClass(machine, round);
}

/** Asks all machines behind an address in one window: one machine that poses as several can't do the work of each. */
export async function askTogether(
  machines: readonly Examined[],
  round: Round,
  windows: (readonly JointRound[])[],
): Promise<void> {
  const answers = await Promise.all(
    machines.map(async (machine) => ({ machine, given: await cpuAnswer(machine, round) })),
  );
  // Judged when all are there: what the region computes meanwhile would count as the time of those that come later.
  const results = answers.map(({ machine, given }) => ({ machine, result: given && judged(machine, given, round) }));
  // Whoever went away meanwhile says nothing of the others.
  if (results.some(({ machine, result }) => machine.link === undefined || result === undefined)) return;
  const window = results.map(
    ({ machine, result }): JointRound => ({
      account: machine.account,
      alone: machine.alone,
      together: result?.rate ?? 0,
    }),
  );
  windows.push(window);
  windows.splice(0, windows.length - round.proofs.rounds.joint);
  const same = (one: readonly JointRound[]): boolean =>
    one.map(({ account }) => account).join() === window.map(({ account }) => account).join();
  const standing = jointStanding(windows.filter(same), round.proofs.rounds);
  round.report({ event: 'joint', address: machines[0]?.address ?? '', machines: window, standing });
  for (const { machine, result } of results) {
    machine.joint = standing;
    if (result?.verdict === 'wrong') machine.keep(result);
    machine.link?.tell(`with the others behind this address: ${standing.why}`);
    await tellClass(machine, round);
  }
}

interface CpuAnswer {
  challenge: ChallengeOf<'cpu'>;
  answered: { answer: Answer; elapsedMs: number };
}

async function askCpu(machine: Examined, round: Round): Promise<RoundResult | undefined> {
  const given = await cpuAnswer(machine, round);
  return given && judged(machine, given, round);
}

async function cpuAnswer(machine: Examined, round: Round): Promise<CpuAnswer | undefined> {
  const { cpu } = round.proofs;
  const challenge: ChallengeOf<'cpu'> = {
    kind: 'cpu',
    seed: await seedOf(machine, round),
    lanes: machine.claim.benchmark.threads,
    windowMs: cpu.windowMs,
    roundsPerLink: cpu.roundsPerLink,
  };
  const answered = await machine.link?.ask(challenge, cpu.windowMs + cpu.graceMs + PATIENCE_MS);
  return answered && { challenge, answered };
}

function judged({ claim }: Examined, { challenge, answered }: CpuAnswer, round: Round): RoundResult {
  const { cpuAll } = claim.benchmark;
  const claimed = cpuAll.state === 'stable' ? cpuAll.score : cpuAll.low;
  return judgeCpu(challenge, { ...answered, random: round.random }, claimed, round.proofs.cpu, kernel());
}

/** Has the disk filled first, once. */
async function askDisk(machine: Examined, round: Round): Promise<RoundResult | undefined> {
  const { disk } = round.proofs;
  if (machine.plot === undefined) {
    const units = Math.floor((machine.diskMiB * 1024) / disk.unitKiB);
    if (units === 0) return undefined;
    const plot = { seed: await seedOf(machine, round), unitKiB: disk.unitKiB, passes: disk.passes, units };
    const asked: Challenge = { kind: 'plot', plot };
    const answered = await machine.link?.ask(asked, PATIENCE_MS + machine.diskMiB * FILL_MS_PER_MIB);
    // Whoever went away while it was filled is asked again.
    if (answered === undefined || answered.elapsedMs === Number.POSITIVE_INFINITY) return undefined;
    const result = judgePlot(asked, answered.answer);
    if (result.verdict === 'proved') machine.plot = plot;
    return result;
  }
  const { plot } = machine;
  const challenge: Challenge = { kind: 'disk', seed: await seedOf(machine, round), plot, hops: disk.hops };
  const answered = await machine.link?.ask(challenge, disk.hops * disk.hopMs + disk.graceMs + PATIENCE_MS);
  return answered && judgeDisk(challenge, { ...answered, random: round.random }, disk);
}

async function seedOf(machine: Examined, { chain }: Round): Promise<string> {
  machine.count += 1;
  const nonce = randomBytes(16).toString('hex');
  return roundSeed({ block: await chain.finalBlock(), account: machine.account, round: machine.count, nonce });
}

/** Says so when what was shown is worth another class than the chain has for the machine. */
async function tellClass(machine: Examined, { chain, classes, proofs, report }: Round): Promise<void> {
  const admitted = await chain.admitted(machine.account);
  if (admitted === undefined) return;
  const standings = machine.standings(proofs);
  const proven = provenBenchmark(machine.claim.benchmark, standings);
  const verdict = classify(machine.claim.inventory, proven, classes, { path: admitted.path, previous: admitted.class });
  const now = verdict.class ?? 'none';
  if (now === (machine.told ?? admitted.class)) return;
  machine.told = now;
  const found = Object.entries(standings).filter(([, one]) => one.state === 'found' || one.state === 'busy');
  const why = found.map(([what, { why: clause }]) => `${what}: ${clause}`).join('; ');
  const because = [why, verdict.summary].filter((text) => text !== '').join('; ');
  report({ event: 'class', account: machine.account, class: verdict.class ?? null, was: admitted.class, because });
}
