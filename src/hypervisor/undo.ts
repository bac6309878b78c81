import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Change, Undoers } from '../system/journal.ts';
import { identify, terminate } from '../system/process.ts';
import { DISK_CHANGE } from './disks.ts';
import { identityOf } from './guest-processes.ts';
import { privateLayout } from './private/layout.ts';

/** What the journal keeps of a domain that was started. */
export const domainBefore = z.object({ uuid: z.string() });

/**
 * Takes back what this room changed on the host. Needs no libvirt: at this point its service may have been stopped, and a guest
 * outlives its libvirtd. A libvirtd that does run notices the end of the guest and forgets it.
 */
export const hypervisorUndoers: Undoers = {
  domain: async (change: Change) => {
    const { uuid } = domainBefore.parse(change.before);
    await endProcesses(async (pid) => (await commandOf(pid)).includes(`\0-uuid\0${uuid}\0`));
  },
  [DISK_CHANGE]: async (change: Change) => {
    await rm(change.target, { force: true });
    await rm(`${change.target}.new`, { force: true });
  },
  'libvirtd-private': async (change: Change) => {
    const layout = privateLayout(change.target);
    const mark = await identityOf(layout.run);
    // The daemon and its guests, and nobody else, have our directory in the place of /run/libvirt.
    if (mark) await endProcesses(async (pid) => (await identityOf(`/proc/${pid}/root/run/libvirt`)) === mark);
    await rm(layout.root, { recursive: true, force: true });
  },
};

async function endProcesses(isMeant: (pid: number) => Promise<boolean>): Promise<void> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const meant = await Promise.all(pids.map(async (pid) => ((await isMeant(pid)) ? identify(pid) : undefined)));
  await Promise.all(meant.map((identity) => (identity ? terminate(identity) : undefined)));
}

async function commandOf(pid: number): Promise<string> {
  try {
    return await readFile(join('/proc', String(pid), 'cmdline'), 'utf8');
  } catch {
    return ''; // it has ended
  }
}
