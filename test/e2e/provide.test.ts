import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { builtBinary } from '../../lab/binary.ts';
import { differences, type HostSnapshot, snapshotHost } from '../../lab/host-snapshot.ts';
import { Instance, type Run, SHARED_CACHE } from '../../lab/instance.ts';
import { PHASES, type PhaseName } from '../../src/system/progress.ts';

/** The whole way on real components: embedded chain, libvirtd, a QEMU guest, cgroups, nftables, supervised services. */

let binary: string;
let before: HostSnapshot;
let instance: Instance;

const IGNORED = [SHARED_CACHE];

beforeAll(async () => {
  binary = await builtBinary();
});

afterEach(async () => {
  await instance.dispose();
});

async function fresh(): Promise<void> {
  instance = await Instance.create(binary);
  before = snapshotHost({ ignore: [...IGNORED, join(instance.home, '..')] });
}

/** What differs from before, after `logos reset`. */
async function leftovers(): Promise<string[]> {
  const run = await instance.run(['reset', '--yes', '--json']);
  expect(run.result, run.stderr).toMatchObject({ ok: true });
  const after = snapshotHost({ ignore: [...IGNORED, join(instance.home, '..')] });
  return differences(before, after);
}

function expectReady(run: Run): void {
  expect(run.result, JSON.stringify(run.result) + run.stderr).toMatchObject({ ok: true });
  for (const phase of PHASES) {
    const states = run.lines.filter((line) => line.phase === phase && line.event === 'phase').map((line) => line.state);
    expect(states, phase).toEqual(['started', 'ok']);
  }
}

it('makes this machine a provider with a running guest, and reset leaves no trace', async () => {
  await fresh();
  const run = await instance.run(instance.provideArgs);
  expectReady(run);
  const detail = (phase: string) => run.lines.findLast((line) => line.phase === phase && line.state === 'ok')?.detail;
  expect(detail('dvm')?.line).toMatch(/^LOGOS-DVM-READY [0-9a-f]{32}$/);
  expect(detail('path')?.reason).toMatch(/M instructions\/s|\/dev\/kvm|booted/);
  const status = instance.status();
  expect(status).toMatchObject({ version: 1, state: 'providing', integrity: 'intact', path: detail('path')?.path });
  expect(status.dvms).toHaveLength(1);

  // A second run finds everything in place.
  expectReady(await instance.run(instance.provideArgs));

  // NG and NGd survive their own death: back within 2 s, nothing lost.
  for (const name of ['ng', 'ngd'] as const) {
    const pid = instance.status().service[name]?.pid ?? 0;
    const killed = performance.now();
    process.kill(pid, 'SIGKILL');
    for (;;) {
      const now = instance.status().service[name];
      if (now?.state === 'running' && now.pid !== pid) break;
      expect(performance.now() - killed, `${name} is back`).toBeLessThan(2_000);
    }
  }
  await waitFor(() => instance.status().state === 'providing');
  expect(instance.status().dvms).toHaveLength(1);

  // A native command goes over the chain and back to this host, which says that it lacks the tool.
  const command = ['--json', '--', 'kubeadm', 'reset', '--force'];
  const dry = await instance.run(['request', '--dry-run', ...command]);
  expect(dry.result, dry.stderr).toMatchObject({ ok: true, verdict: 'accept', rules: 'chain' });
  const sent = await instance.run(['request', ...command]);
  expect(sent.result, sent.stderr).toMatchObject({ ok: false, error: { code: 'command-missing' } });
  const forbidden = await instance.run([
    'request',
    '--json',
    '--',
    'kubeadm',
    'reset',
    '--ignore-preflight-errors=all',
  ]);
  expect(forbidden.result, forbidden.stderr).toMatchObject({ ok: false, error: { code: 'option-forbidden' } });
  expect(forbidden.code).toBe(3);

  // The owner's word: the guest goes, the chain takes its wish back, and a new start does not bring it.
  const [guest] = instance.status().dvms as { name: string }[];
  const requests = () => instance.status().gatekeeper as { executed: number };
  const { executed } = requests();
  const stop = await instance.run(['dvm', 'stop', guest?.name ?? '', '--now', '--json']);
  expect(stop.result, stop.stderr).toMatchObject({ ok: true, onChain: true });
  // The request for it, its claim and its report.
  await waitFor(() => requests().executed >= executed + 3);
  process.kill(instance.status().service.ng?.pid ?? 0, 'SIGKILL');
  await waitFor(() => instance.status().state === 'providing');
  expect(instance.status().dvms).toEqual([]);
  expect(await leftovers()).toEqual([]);
});

/** What comes before the host joins leaves little behind, so that one host stands all of these deaths, one after the other. */
const DEATHS: (readonly PhaseName[])[] = [
  PHASES.slice(0, PHASES.indexOf('join')),
  ...PHASES.slice(PHASES.indexOf('join')).map((phase) => [phase]),
];

it.each(DEATHS.map((phases) => [phases.join(', '), phases] as const))(
  'finishes after SIGKILL in %s, and reset leaves no trace',
  async (_, phases) => {
    await fresh();
    for (const phase of phases) {
      let killed = false;
      const run = await instance.run(instance.provideArgs, (line, child) => {
        if (killed || line.phase !== phase || line.state !== (phase === 'ready' ? 'ok' : 'started')) return;
        killed = true;
        // A moment into the step, so that its effects have begun.
        setTimeout(() => child.kill('SIGKILL'), phase === 'ready' ? 0 : 150);
      });
      expect(killed).toBe(true);
      if (phase !== 'ready') expect(run.result).toBeUndefined();
    }
    expectReady(await instance.run(instance.provideArgs));
    expect(instance.status()).toMatchObject({ state: 'providing' });
    expect(await leftovers()).toEqual([]);
  },
);

async function waitFor(condition: () => boolean, ms = 20_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
