import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryJournalled } from '../system/changes.ts';
import { UserError } from '../system/errors.ts';
import { isThere } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { Journal } from '../system/journal.ts';
import { ownCommand } from '../system/process.ts';
import type { LibvirtEndpoint } from './libvirt.ts';
import { guestPlaces, privateLayout } from './private/layout.ts';

export type LibvirtdPlan =
  | { kind: 'system'; endpoint: LibvirtEndpoint; unit: string }
  | {
      kind: 'private';
      endpoint: LibvirtEndpoint;
      /** Runs in the foreground until it is stopped; kill it and start it again, and running guests are found again. */
      command: readonly string[];
      /** Journals and makes what the command needs. Must be called before its first start. */
      prepare(journal: Journal): Promise<void>;
    };

export interface PlanOptions {
  /** Whether systemd is this machine's init. Default: sd_booted(3)'s test. */
  systemd?: boolean;
  /** The programs and units to look for are below this. Default `/`. */
  filesystem?: string;
}

/** Daemons that serve `qemu:///system`, the one for everything first. Either may be socket-activated. */
const SYSTEM_DAEMONS = [
  { unit: 'libvirtd.service', socket: '/run/libvirt/libvirt-sock' },
  { unit: 'virtqemud.service', socket: '/run/libvirt/virtqemud-sock' },
];
const UNIT_DIRECTORIES = ['usr/lib/systemd/system', 'lib/systemd/system', 'etc/systemd/system'];
const URI = 'qemu:///system';

/** Where guest images are kept: the only directory of ours that a private libvirtd's guests can see. */
export function imageDirectory(home: Home): string {
  return join(home.cache, 'guest');
}

/**
 * Which libvirtd serves this machine: the system's own where systemd runs it, else a private one below `home.libvirt`.
 * Throws UserError `libvirt-missing`.
 */
export async function planLibvirtd(home: Home, options: PlanOptions = {}): Promise<LibvirtdPlan> {
  const filesystem = options.filesystem ?? '/';
  if (options.systemd ?? (await isThere('/run/systemd/system'))) {
    for (const { unit, socket } of SYSTEM_DAEMONS) {
      for (const directory of UNIT_DIRECTORIES) {
        if (await isThere(join(filesystem, directory, unit)))
          return { kind: 'system', endpoint: { socket, uri: URI }, unit };
      }
    }
    throw missing('libvirt-daemon-system');
  }
  if (!(await isThere(join(filesystem, 'usr/sbin/libvirtd')))) throw missing('libvirt-daemon');
  return privatePlan(home);
}

function privatePlan(home: Home): LibvirtdPlan {
  const layout = privateLayout(home.libvirt);
  const images = imageDirectory(home);
  const own = [...ownCommand(), 'internal', 'libvirtd', '--root', layout.root, '--home', home.root, '--images', images];
  return {
    kind: 'private',
    endpoint: { socket: layout.socket, uri: URI, places: guestPlaces(layout, images) },
    // Its own network too: guests have no network of the host's until the chain describes one.
    command: ['/usr/bin/unshare', '--mount', '--propagation', 'private', '--net', '--', ...own],
    prepare: async (journal) => {
      // A mount point that only some of libvirt's packages bring. Before the daemon's line: it is undone after the daemon.
      await makeDirectoryJournalled(journal, '/etc/libvirt');
      if (!(await journal.find('libvirtd-private', layout.root))) {
        await journal.record({ kind: 'libvirtd-private', target: layout.root, before: null });
      }
      await mkdir(layout.root, { recursive: true, mode: 0o700 });
      await mkdir(images, { recursive: true, mode: 0o755 });
    },
  };
}

function missing(packageName: string): UserError {
  return new UserError('libvirt-missing', `libvirt is not installed (package ${packageName}).`, {
    nextSteps: ['Run `logos doctor --fix`, which installs it.'],
  });
}

/** Whether QEMU, started by the system's libvirtd, can open /dev/kvm. */
export type KvmAccess = 'absent' | 'usable' | 'blocked';

/**
 * `blocked` is a trap: /dev/kvm is there and QEMU's user can't open it, so that libvirt probes QEMU anew for each domain and
 * takes a minute instead of a second. The private libvirtd avoids it by itself; for the system's, Debian's udev rule
 * (group kvm, which libvirt-qemu is in) has to be in force.
 */
export async function systemKvmAccess(qemuGroups: readonly number[], device = '/dev/kvm'): Promise<KvmAccess> {
  try {
    const { mode, gid } = await stat(device);
    const wanted = 0o6;
    if ((mode & wanted) === wanted) return 'usable';
    return qemuGroups.includes(gid) && ((mode >> 3) & wanted) === wanted ? 'usable' : 'blocked';
  } catch {
    return 'absent';
  }
}
