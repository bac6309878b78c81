import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileUndoers } from '../system/changes.ts';
import type { Home } from '../system/home.ts';
import type { Journal } from '../system/journal.ts';
import { identify, terminate } from '../system/process.ts';
import { connectLibvirt } from './connect.ts';
import type { Libvirt } from './libvirt.ts';
import { planLibvirtd } from './plan.ts';
import { GUEST_USER, privateLayout } from './private/layout.ts';
import { hypervisorUndoers } from './undo.ts';

/** A libvirtd to try something with, and what has to be known of it. */
export interface TemporaryLibvirtd {
  readonly libvirt: Libvirt;
  /** A directory of the host's for disks of guests. */
  readonly disks: string;
  /** Whom a disk must belong to, where the daemon does not see to it. */
  readonly diskOwner?: number;
  /** Runs a program in the network of the guests' tap devices. */
  inNetwork(command: readonly string[]): readonly string[];
}

/**
 * The system's libvirtd, or else one of this program's own that ends with `use`, whatever becomes of it: beside the one that
 * lends, and apart from it. Journalled, so that `logos reset` takes back what a kill left. Throws as planLibvirtd and connectLibvirt do.
 */
export async function withTemporaryLibvirtd<T>(
  home: Home,
  journal: Journal,
  use: (daemon: TemporaryLibvirtd) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const own: Home = { ...home, libvirt: join(home.root, `libvirt-${randomBytes(4).toString('hex')}`) };
  const plan = await planLibvirtd(own);
  if (plan.kind === 'system') {
    const libvirt = await connectLibvirt(plan.endpoint, { signal });
    const daemon = {
      libvirt,
      disks: '/var/lib/libvirt/images',
      inNetwork: (command: readonly string[]) => command,
    };
    return use(daemon).finally(() => libvirt.close());
  }
  const layout = privateLayout(own.libvirt);
  const earlier = new Set((await journal.pending()).map(({ id }) => id));
  await plan.prepare(journal);
  const log = await open(join(layout.root, 'libvirtd.log'), 'a');
  const [file = '', ...args] = plan.command;
  const child = spawn(file, args, { stdio: ['ignore', log.fd, log.fd], detached: true });
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  try {
    await started;
    const libvirt = await connectLibvirt(plan.endpoint, { waitMs: 60_000, signal });
    return await use({
      libvirt,
      disks: layout.disks,
      diskOwner: GUEST_USER,
      inNetwork: (command) => ['nsenter', '--target', String(child.pid), '--net', '--', ...command],
    }).finally(() => libvirt.close());
  } finally {
    await log.close();
    const identity = await identify(child.pid ?? 0);
    if (identity) await terminate(identity);
    await journal.undo({ ...fileUndoers, ...hypervisorUndoers }, ({ id, kind, target }) => {
      if (earlier.has(id)) return false;
      return kind === 'libvirtd-private' ? target === layout.root : kind === 'directory' && target === '/etc/libvirt';
    });
  }
}
