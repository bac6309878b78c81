import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { type LabMachine, type LabMachineOptions, ProofRegion } from '../../lab/proofs/region.ts';
import { type ConnectedChain, connectChain } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { figureOf } from '../../src/host/benchmark/figure.ts';
import { kernelModule } from '../../src/host/benchmark/kernel.ts';
import { measure } from '../../src/host/benchmark/measure.ts';
import type { Benchmark, ProofRules } from '../../src/host/index.ts';
import { asset } from '../../src/system/assets.ts';
import { localExec } from '../../src/system/exec.ts';
import { benchmarkOf, figure, TYPICAL } from '../unit/host/figures.ts';

/**
 * Region, chain and machines are processes of their own; only the pace is quicker than the seed's, and set on chain. Reads of a disk
 * get the time that answers get, because all share one machine: what these tests show of a disk is what it holds.
 */
const shipped = JSON.parse(Buffer.from(asset('chain/seed/compute/proof-rules.json')).toString()) as ProofRules;
const RULES: ProofRules = {
  ...shipped,
  cpu: { ...shipped.cpu, windowMs: 1_000, tolerance: 0.3 },
  disk: { ...shipped.disk, unitKiB: 256, passes: 160, hops: 12, hopMs: 30, graceMs: 20_000, checked: 3 },
  rounds: { ...shipped.rounds, meanMinutes: 0.002, short: 4, busy: 4 },
};

let root: string;
let lab: LabChain;
let chain: ConnectedChain;
let region: ProofRegion;
let honest: Benchmark;
const machines: LabMachine[] = [];
const busy: ChildProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-proofs-'));
  lab = await startLabChain({ directory: join(root, 'chain'), blockTimeMs: 300 });
  chain = await connectChain(lab.url, { timeoutMs: 60_000 });
  const { version } = await chain.configuration('compute-section-1');
  const value = { kind: 'inline', bytes: Buffer.from(JSON.stringify(RULES)) } as const;
  await chain.configure(await developmentKey('//Alice'), 'compute-section-1', version, [
    { key: 'proof-rules', value, mediaType: 'application/json' },
  ]);
  region = await ProofRegion.start(chain, lab.url, root);
  // One thread, so that what a machine claims does not hang on how many this one has.
  const windows = await measure({ threads: 1, work: { kind: 'cpu', module: kernelModule() }, maxMs: 6_000 });
  const { score } = figureOf(windows, { unit: 'Mround/s', perCpuSecond: true });
  honest = { ...benchmarkOf(TYPICAL), threads: 1, cpuSingle: figure(score), cpuAll: figure(score) };
}, 600_000);

afterEach(async () => {
  for (const child of busy.splice(0)) child.kill('SIGKILL');
  await Promise.all(machines.splice(0).map((machine) => machine.stop()));
});

afterAll(async () => {
  await region?.close();
  await chain?.close();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
});

const claiming = (factor: number): Benchmark => ({
  ...honest,
  cpuSingle: figure(honest.cpuSingle.score * factor),
  cpuAll: figure(honest.cpuAll.score * factor),
});

async function machine(options: Partial<LabMachineOptions> & { from: string }): Promise<LabMachine> {
  const made = await region.machine({ benchmark: honest, ...options });
  machines.push(made);
  return made;
}

const rounds = ({ account }: LabMachine, kind: string) =>
  region.events.flatMap((event) =>
    event.event === 'round' && event.account === account && event.result.kind === kind ? [event.result] : [],
  );

describe('the CPU that is claimed', { timeout: 600_000 }, () => {
  test('is proved by an honest machine, also while others use it', async () => {
    for (let count = 0; count < 2; count++) {
      busy.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    }
    const one = await machine({ from: '127.0.1.1' });
    const { standings } = await region.until(
      'round',
      (round) => round.account === one.account && ['proved', 'found'].includes(round.standings.cpu.state),
    );
    // For each second of CPU time it is what it claims, however few of them it had.
    expect(standings.cpu.state).toBe('proved');
    expect(rounds(one, 'cpu').map(({ verdict }) => verdict)).not.toContain('wrong');
  });

  test('is found to be false when a doctored program reports twice as much', async () => {
    const { account } = await machine({ from: '127.0.1.2', benchmark: claiming(2) });
    const { standings } = await region.until(
      'round',
      (round) => round.account === account && round.standings.cpu.state === 'found',
    );
    expect(standings.cpu.counted).toBeLessThan(honest.cpuAll.score * 1.4);
  });

  test('is found to be false when it makes up the links that it lacks', async () => {
    const { account } = await machine({ from: '127.0.1.3', benchmark: claiming(2), cheat: 'invents' });
    const { result } = await region.until('round', (round) => round.account === account);
    expect(result).toMatchObject({ verdict: 'wrong', why: expect.stringContaining('was not computed') });
  });

  test('counts for no more than what is delivered when it always says that it was busy', async () => {
    const { account } = await machine({ from: '127.0.1.4', benchmark: claiming(2), cheat: 'busy' });
    const { standings } = await region.until(
      'round',
      (round) => round.account === account && ['busy', 'found'].includes(round.standings.cpu.state),
    );
    expect(standings.cpu.counted).toBeLessThan(honest.cpuAll.score * 1.4);
  });
});

describe('machines behind one address', { timeout: 600_000 }, () => {
  /** Each on one core, before everything else that runs here. */
  const on = (core: number) => ['chrt', '--rr', '1', 'taskset', '-c', String(core)];

  test('that are one machine are found; two are not', async (context) => {
    const can = await localExec('chrt', ['--rr', '1', 'taskset', '-c', '1', 'true']).catch(() => undefined);
    if (can === undefined) return context.skip('needs two cores, and leave to run before other processes (chrt)');
    const posing = [
      await machine({ from: '127.0.2.1', through: on(0) }),
      await machine({ from: '127.0.2.1', through: on(0) }),
    ];
    const found = await region.until(
      'joint',
      ({ address, standing }) => address.endsWith('127.0.2.1') && standing.state === 'found',
    );
    expect(found.machines.map(({ account }) => account).sort()).toEqual(posing.map(({ account }) => account).sort());
    // Which of them had more of the core is nobody's to say.
    const sum = (field: 'alone' | 'together') => found.machines.reduce((total, one) => total + one[field], 0);
    expect(sum('together')).toBeLessThan(RULES.rounds.jointShare * sum('alone'));
    await Promise.all(machines.splice(0).map((one) => one.stop()));

    await machine({ from: '127.0.2.2', through: on(0) });
    await machine({ from: '127.0.2.2', through: on(1) });
    // One window alone says nothing: the chain and the region have to work on what the machines leave.
    const { standing } = await region.until(
      'joint',
      (joint) => joint.address.endsWith('127.0.2.2') && joint.standing.state !== 'open',
    );
    expect(standing.state).toBe('proved');
  });
});

describe('the disk that is claimed', { timeout: 600_000 }, () => {
  const unmount: string[] = [];
  afterAll(async () => {
    for (const path of unmount.reverse()) await localExec('umount', ['--lazy', path]);
  });

  /** A file system of 6 MiB in a sparse file on one of 1.5 MiB. */
  async function thinDisk(): Promise<string | undefined> {
    const [under, over] = [join(root, 'under'), join(root, 'over')];
    try {
      await mkdir(under);
      await mkdir(over);
      await localExec('mount', ['-t', 'tmpfs', '-o', 'size=1536k', 'tmpfs', under]);
      unmount.push(under);
      await localExec('truncate', ['-s', '6M', join(under, 'disk')]);
      await localExec('mkfs.ext4', ['-q', '-O', '^has_journal', join(under, 'disk')]);
      await localExec('mount', ['-o', 'loop', join(under, 'disk'), over]);
      unmount.push(over);
      return over;
    } catch {
      return undefined;
    }
  }

  test('is proved where it is there', async () => {
    const there = await machine({ from: '127.0.3.1', diskMiB: 3 });
    const { standings } = await region.until(
      'round',
      (round) => round.account === there.account && round.result.kind === 'disk' && round.result.verdict === 'proved',
    );
    expect(standings.disk.state).toBe('proved');
    expect(rounds(there, 'plot')).toMatchObject([{ verdict: 'proved' }]);
  });

  test('is found to be thin, whether the machine says so or not', async (context) => {
    const directory = await thinDisk();
    if (directory === undefined) return context.skip('needs root, loop devices and mkfs.ext4');
    const naive = await machine({ from: '127.0.3.2', directory, diskMiB: 3 });
    const said = await region.until(
      'round',
      ({ account, standings }) => account === naive.account && standings.disk.state === 'found',
    );
    expect(said.result).toMatchObject({ kind: 'plot', verdict: 'failed' });
    await machines.pop()?.stop();
    const doctored = await machine({ from: '127.0.3.3', directory, diskMiB: 3, cheat: 'thin' });
    const found = await region.until(
      'round',
      ({ account, standings }) => account === doctored.account && standings.disk.state === 'found',
    );
    expect(found.result).toMatchObject({ kind: 'disk', verdict: 'wrong' });
  });
});
