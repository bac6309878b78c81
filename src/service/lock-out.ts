import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { hasEntry } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { type KernelLock, tryKernelLock } from '../system/kernel-lock.ts';

/** Keeps `logos provide` out. Where its lock file was never made it never ran, and a full disk could not take one now. */
export async function lockOut(home: Home): Promise<KernelLock | undefined> {
  const path = join(home.run, 'provide.lock');
  if (!(await hasEntry(path))) return undefined;
  const lock = await tryKernelLock(path);
  if (lock) return lock;
  throw new UserError('already-running', '`logos provide` is at work on this instance.', {
    nextSteps: ['Wait until it has ended, or end it with Ctrl-C, and run the command again.'],
  });
}
