import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExternalError } from '../system/errors.ts';
import { isErrno } from '../system/files.ts';
import { identify, terminate } from '../system/process.ts';
import type { KernelFiles } from './kernel-files.ts';

const GRACE_MS = 3_000;
const ROUNDS = 20;

/**
 * Removes a group of ours and those below it, which a hypervisor may have made. Processes that are in it are guests or
 * serve guests: they are ended. This process and those that started it are moved out instead.
 * Throws ExternalError `cgroup-busy`.
 */
export async function removeGroup(directory: string, files: KernelFiles): Promise<void> {
  for (const child of await files.directories(directory)) await removeGroup(child, files);
  await emptyGroup(directory, files);
  for (let round = 0; ; round++) {
    try {
      return await files.removeDirectory(directory);
    } catch (error) {
      // The kernel lets go of a group a moment after its last process was reaped.
      if (!isErrno(error, 'EBUSY') || round === ROUNDS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function emptyGroup(directory: string, files: KernelFiles): Promise<void> {
  const own = await lineage();
  for (let round = 0; round < ROUNDS; round++) {
    const members = await membersOf(directory, files);
    const inOwnLine = members.filter((pid) => own.has(pid));
    for (const pid of inOwnLine) await files.write(join(dirname(directory), 'cgroup.procs'), `${pid}`);
    const guests = await guestsAmong(directory, members, own, files);
    if (guests.length === 0 && inOwnLine.length === 0) return;
    await Promise.all(guests.map((guest) => terminate(guest, GRACE_MS)));
  }
  throw new ExternalError('cgroup-busy', `Processes keep starting in ${directory}.`, {
    nextSteps: ['Stop the service with `logos provide --stop` and run the command again.'],
  });
}

/** Identities are taken before the group is read again, so that a number which was given to somebody else since is never killed. */
async function guestsAmong(
  directory: string,
  members: readonly number[],
  own: ReadonlySet<number>,
  files: KernelFiles,
): Promise<{ pid: number; startTime: string }[]> {
  const known = await Promise.all(members.filter((pid) => !own.has(pid)).map(identify));
  const still = new Set(await membersOf(directory, files));
  return known.flatMap((identity) => (identity && still.has(identity.pid) ? [identity] : []));
}

async function membersOf(directory: string, files: KernelFiles): Promise<number[]> {
  const text = (await files.read(join(directory, 'cgroup.procs'))) ?? '';
  // 0 stands for a process outside our pid namespace, which can't be addressed.
  return text.split('\n').flatMap((line) => (/^[1-9]\d*$/.test(line) ? [Number(line)] : []));
}

/** This process and its ancestors, by PPid in proc(5). */
async function lineage(): Promise<ReadonlySet<number>> {
  const line = new Set<number>();
  for (let pid = process.pid; pid > 0 && !line.has(pid); ) {
    line.add(pid);
    try {
      pid = Number(/^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      break; // not ours to see, or gone
    }
  }
  return line;
}
