import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, type ProcessIdentity, terminate } from '../system/process.ts';

/**
 * The guests' processes of one private libvirtd, by their UUID, whether it still knows them or not. `run`: its directory on the host.
 * Nobody else's process has that directory in the place of /run/libvirt.
 */
export async function guestProcesses(run: string): Promise<Map<string, ProcessIdentity>> {
  const mark = await identityOf(run);
  const found = new Map<string, ProcessIdentity>();
  if (mark === undefined) return found;
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    const uuid = /\0-uuid\0([0-9a-f-]{36})\0/.exec(await commandOf(pid))?.[1];
    if (uuid === undefined || (await identityOf(`/proc/${pid}/root/run/libvirt`)) !== mark) continue;
    const identity = await identify(pid);
    if (identity) found.set(uuid, identity);
  }
  return found;
}

/** Ends a guest's process at once: its daemon doesn't know it, and nobody can ask it to power off. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  await terminate(identity, 1_000);
}

async function commandOf(pid: number): Promise<string> {
  try {
    return await readFile(join('/proc', String(pid), 'cmdline'), 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/** Device and inode: the same for one directory under every name and in every namespace. */
export async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
