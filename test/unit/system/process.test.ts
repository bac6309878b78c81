import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localExec } from '../../../src/system/exec.ts';
import { tryKernelLock } from '../../../src/system/kernel-lock.ts';
import { identify, isRunning, terminate } from '../../../src/system/process.ts';

it('ends a process that ignores SIGTERM', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const identity = await identify(child.pid ?? 0);
  if (!identity) throw new Error('the child should run');
  await terminate(identity, 200);
  expect(await isRunning(identity)).toBe(false);
});

it('never takes a later process for the one that it knew', async () => {
  const self = await identify(process.pid);
  expect(self).toBeDefined();
  expect(await isRunning({ pid: process.pid, startTime: '1' })).toBe(false);
});

it('gives a lock to one holder, and to the next when it is released', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'logos-lock-'));
  const path = join(directory, 'run', 'lock');
  const lock = await tryKernelLock(path);
  expect(lock).toBeDefined();
  expect(await tryKernelLock(path)).toBeUndefined();
  lock?.release();
  const next = await tryKernelLock(path);
  expect(next).toBeDefined();
  next?.release();
  await rm(directory, { recursive: true });
});

it('tells a missing program, a failing one and a hanging one apart', async () => {
  await expect(localExec('no-such-program-here', [])).rejects.toMatchObject({ code: 'command-missing' });
  await expect(localExec('sh', ['-c', 'echo why >&2; exit 3'])).rejects.toMatchObject({
    code: 'command-failed',
    status: 3,
    lastLines: ['why'],
  });
  await expect(localExec('sleep', ['5'], { timeout: 50 })).rejects.toMatchObject({ code: 'command-timeout' });
  expect((await localExec('sh', ['-c', 'exit 3'], { accept: [0, 3] })).exitCode).toBe(3);
});
