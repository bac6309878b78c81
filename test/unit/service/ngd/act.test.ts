import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Verdict } from '../../../../src/guard/index.ts';
import { stopProcesses } from '../../../../src/hypervisor/index.ts';
import { actOn, isGrave } from '../../../../src/service/ngd/act.ts';
import { clearCut, readCut } from '../../../../src/service/ngd/cut.ts';
import { keepEvidence } from '../../../../src/service/ngd/evidence.ts';
import { cutOff } from '../../../../src/service/ngd/self-cut.ts';
import type { Exec } from '../../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';
import { Journal } from '../../../../src/system/journal.ts';

let home: Home;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-act-')) });
  await mkdir(home.state, { recursive: true });
  onTestFinished(() => rm(home.root, { recursive: true, force: true }));
});

const exec: Exec = async () => ({ exitCode: 0, stdout: 'table inet logos', stderr: '' });

function verdict(...targets: string[]): Verdict {
  const deviations = targets.map((target) => ({ target, expected: 'a', found: 'b' }));
  const integrity = targets.length === 0 ? 'intact' : 'deviated';
  return { integrity, deviations, unchecked: [], checkedAt: '2026-11-23T11:00:00.000Z', checks: 1, ms: 1 };
}

/** A process that looks like a guest's. */
function guest(uuid: string): number {
  const child = spawn('sh', ['-c', 'read x', '-uuid', uuid, 'end'], { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
}

const stateOf = async (pid: number) =>
  / ([A-Z]) /.exec((await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/\(.*\)/, ''))?.[1];

describe('a verdict', () => {
  it('is grave unless the owner has yet to apply rules of the chain', () => {
    expect(isGrave(verdict())).toBe(false);
    expect(isGrave(verdict('host policy on chain', 'gatekeeper on chain'))).toBe(false);
    expect(isGrave(verdict('gatekeeper on chain, in force before'))).toBe(true);
    expect(isGrave(verdict('host policy on chain', '/some/file'))).toBe(true);
    expect(isGrave({ ...verdict(), integrity: 'unknown' })).toBe(false);
  });

  it('that is grave cuts the host off once, and tells of it; nothing but a new join takes that back', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const told: string[] = [];
    let cuts = 0;
    const options = { home, exec, tell: async (_: string, text: string) => told.push(text), onCut: () => (cuts += 1) };
    const act = actOn(options);
    await act(verdict());
    expect(await readCut(home)).toBeUndefined();
    await act(verdict('/some/file'));
    await act(verdict('/some/file'));
    await act(verdict());
    expect(cuts).toBe(1);
    expect(await readCut(home)).toEqual({ at: verdict().checkedAt, because: ['/some/file: expected a, found b'] });
    await expect
      .poll(() => told)
      .toEqual([
        expect.stringMatching(/^This host cut itself off in \d+ ms: 0 guests stand still\.$/),
        expect.stringMatching(/^Evidence [0-9a-f]{64} is in /),
      ]);
    // The disk was full: what stands is written down as soon as that can be done.
    await clearCut(home);
    vi.advanceTimersByTime(2_001);
    await act(verdict());
    expect((await readCut(home))?.because).toEqual(['/some/file: expected a, found b']);
    // A guard that is started anew knows of it.
    await actOn(options)(verdict());
    expect(cuts).toBe(1);
    await clearCut(home);
    expect(await readCut(home)).toBeUndefined();
  });
});

describe('a cut', () => {
  it('stops guests by their processes where libvirt does not answer', async (context) => {
    if (process.getuid?.() !== 0) context.skip('needs root');
    const [ours, other] = ['6d0f2d6e-5a0b-4b0e-9a51-0e3b1f3f7c11', '00000000-5a0b-4b0e-9a51-0e3b1f3f7c11'];
    await new Journal(home.journal).record({ kind: 'domain', target: 'guest', before: { uuid: ours } });
    const [pid, spared] = [guest(ours), guest(other)];
    await expect.poll(() => stateOf(pid)).toBe('S');
    expect(await cutOff(home, verdict('/some/file'), exec)).toMatchObject({ paused: [], stopped: [pid], failed: [] });
    await expect.poll(() => stateOf(pid)).toBe('T');
    expect(await stateOf(spared)).toBe('S');
  });

  it('touches no process where there is no guest', () => {
    expect(stopProcesses([])).toEqual([]);
  });
});

describe('evidence', () => {
  it('is the verdict, what deviates, and what the host was doing; its digest is of all of it', async () => {
    const file = join(home.root, 'definition.json');
    await writeFile(file, 'changed');
    await writeFile(home.journal, '{"kind":"x"}\n');
    const { directory, digest } = await keepEvidence(home, verdict(file, 'kernel.x', '/nonexistent'), exec);
    expect((await readdir(directory)).sort()).toEqual([
      'files',
      'journal.jsonl',
      'mountinfo',
      'nft.txt',
      'processes.txt',
      'verdict.json',
    ]);
    expect(await readFile(join(directory, 'files', '0-definition.json'), 'utf8')).toBe('changed');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(join(directory, 'processes.txt'), 'utf8')).toContain(`${process.pid} `);
  });

  it('keeps no more than twenty', async () => {
    for (let count = 0; count < 22; count += 1) {
      const checkedAt = `2026-11-23T11:00:${String(count).padStart(2, '0')}.000Z`;
      await keepEvidence(home, { ...verdict('kernel.x'), checkedAt }, exec);
    }
    const kept = await readdir(join(home.state, 'evidence'));
    expect([kept.length, kept.sort()[0]]).toEqual([20, '2026-11-23T11-00-02.000Z']);
  });
});
