import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExternalError, UserError } from './errors.ts';

export interface KernelLock {
  release(): void;
}

/** flock(1) says this when somebody else holds the lock. */
const HELD = 75;

/**
 * Takes an exclusive lock that the kernel gives back when this process ends, however it ends (flock(2)); `undefined`
 * when somebody else holds it. Node has no call for it, but the lock belongs to the open file, which flock(1) shares.
 */
export async function tryKernelLock(path: string): Promise<KernelLock | undefined> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  // Node opens close-on-exec, so that no other child keeps the lock alive.
  const file = openSync(path, 'a', 0o600);
  const status = await flock(file);
  if (status === 0) return { release: () => closeSync(file) };
  closeSync(file);
  if (status === HELD) return undefined;
  throw new ExternalError('command-failed', `flock could not lock ${path}.`, { command: 'flock', status });
}

/** The same, but waits. Throws UserError `busy` when it is still held after `timeoutMs`. */
export async function kernelLock(path: string, timeoutMs = 10_000): Promise<KernelLock> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lock = await tryKernelLock(path);
    if (lock) return lock;
    if (performance.now() > deadline) {
      throw new UserError('busy', `Another process of logos holds ${path}.`, {
        nextSteps: ['Wait for it to end, and run the command again.'],
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function flock(file: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--nonblock', '--conflict-exit-code', String(HELD), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', file],
    });
    child.on('error', (cause) => {
      reject(
        new ExternalError('command-missing', 'The program flock is not installed.', {
          command: 'flock',
          cause,
          nextSteps: ['Install the package util-linux.'],
        }),
      );
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
