import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from './errors.ts';
import { isErrno, readIfPresent } from './files.ts';
import { identify, isRunning, type ProcessIdentity } from './process.ts';

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock file that names its holder; one left behind by a killed process is taken over.
 * Throws UserError `already-running` while a live process holds it.
 */
export async function acquireLock(path: string, purpose: string): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const self = await identify(process.pid);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o644);
      await file.writeFile(JSON.stringify(self));
      await file.close();
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const holder = await readHolder(path);
    if (holder && (await isRunning(holder))) {
      throw new UserError('already-running', `${purpose} is already running (process ${holder.pid}).`, {
        nextSteps: ['Watch it with `logos status`, or end it with `logos provide --stop`.'],
      });
    }
    await rm(path, { force: true });
  }
  throw new UserError('already-running', `${purpose} is being started by another process.`, {
    nextSteps: ['Try again in a few seconds.'],
  });
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse((await readIfPresent(path)) ?? 'null') ?? undefined;
  } catch {
    return undefined; // killed between creating and writing it
  }
}
