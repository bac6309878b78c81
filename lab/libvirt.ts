import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectLibvirt, hypervisorUndoers, type Libvirt, planLibvirtd } from '../src/hypervisor/index.ts';
import { fileUndoers } from '../src/system/changes.ts';
import { type Home, homeFrom } from '../src/system/home.ts';
import { Journal } from '../src/system/journal.ts';
import { identify, terminate } from '../src/system/process.ts';
import type { LabMachine } from './machine.ts';

/** A private libvirtd of its own for a test, in a LOGOS_HOME of its own. */
export interface LibvirtLab {
  readonly home: Home;
  readonly journal: Journal;
  /** Number of the daemon's process. */
  readonly pid: number;
  connect(): Promise<Libvirt>;
  /** SIGKILL, as a crash would be; guests go on. */
  kill(): Promise<void>;
  /** Starts the daemon again after `kill`, as its service manager would. */
  start(): Promise<void>;
  /** Ends daemon and guests and takes back every change. */
  close(): Promise<void>;
}

/** What this machine lacks for a private libvirtd, to skip a test by; undefined when it lacks nothing. */
export function libvirtLabNeeds(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (existsSync('/run/systemd/system')) return 'needs a machine without systemd, where libvirtd is private';
  if (!existsSync('/usr/sbin/libvirtd')) return 'needs libvirtd (libvirt-daemon, libvirt-daemon-driver-qemu)';
  if (!existsSync('/usr/bin/qemu-system-x86_64')) return 'needs QEMU (qemu-system-x86)';
  return undefined;
}

/** `waitMs`: how long the daemon may take to answer. `machine`: on which it runs; its directory is this machine's all the same. */
export async function startLibvirtLab(
  options: { home?: string; cache?: string; waitMs?: number; machine?: LabMachine } = {},
): Promise<LibvirtLab> {
  process.env.LOGOS_ENTRY ??= join(import.meta.dirname, '../bin/dev.js');
  const root = options.home ?? (await mkdtemp(join(tmpdir(), 'logos-libvirt-')));
  const home = homeFrom({ LOGOS_HOME: root, LOGOS_CACHE: options.cache ?? process.env.LOGOS_CACHE });
  const journal = new Journal(home.journal);
  const plan = await planLibvirtd(home);
  if (plan.kind !== 'private') throw new Error('this machine has a libvirtd of its own');
  await plan.prepare(journal);
  const connect = (): Promise<Libvirt> => connectLibvirt(plan.endpoint, { waitMs: options.waitMs ?? 60_000 });
  let daemon: ChildProcess;
  const start = async (): Promise<void> => {
    const log = openSync(join(root, 'libvirtd.log'), 'a');
    const [file = '', ...args] = plan.command;
    daemon =
      options.machine?.start(file, args, { output: log }) ??
      spawn(file, args, { stdio: ['ignore', log, log], detached: true });
    try {
      await (await connect()).close();
    } catch (error) {
      const printed = readFileSync(join(root, 'libvirtd.log'), 'utf8').slice(-2_000);
      throw new Error(`The lab's libvirtd does not answer. It printed:\n${printed}`, { cause: error });
    }
  };
  await start();
  return {
    home,
    journal,
    get pid() {
      return daemon.pid ?? 0;
    },
    connect,
    kill: async () => {
      const gone = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await gone;
    },
    start,
    close: async () => {
      const identity = await identify(daemon.pid ?? 0);
      if (identity) await terminate(identity);
      const undoers = { ...fileUndoers, ...hypervisorUndoers };
      // What else was done to the host is undone by who did it.
      await journal.undo(undoers, ({ kind }) => kind in undoers);
      // A home that was given is its owner's: what else was done to the host stands in its journal.
      if (options.home === undefined) await rm(root, { recursive: true, force: true });
    },
  };
}
