import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DvmHost, dvmHost, prepareGuestImage } from '../src/hypervisor/index.ts';
import { localExec } from '../src/system/exec.ts';
import { SHARED_CACHE } from './instance.ts';
import { type LibvirtLab, startLibvirtLab } from './libvirt.ts';
import type { LabMachine } from './machine.ts';

/** A host with a private libvirtd of its own, for tests in which DVMs move. */
export interface DvmLabHost {
  readonly lab: LibvirtLab;
  /** Over the connection that is open now. */
  readonly host: DvmHost;
  /** Connects anew, as the next process would. */
  reconnect(): Promise<void>;
  /** Its guests' processes, by UUID. */
  guests(): Promise<Map<string, number>>;
  /** The machine is gone: its daemon and its guests are killed. */
  powerCut(): Promise<void>;
  close(): Promise<void>;
}

/** `home`: a directory of the caller's to live in. `machine`: where its daemon runs. */
export async function startDvmLabHost(options: { home?: string; machine?: LabMachine } = {}): Promise<DvmLabHost> {
  const lab = await startLibvirtLab({ ...options, cache: SHARED_CACHE });
  const image = () => prepareGuestImage(lab.home, localExec);
  const open = async () => dvmHost({ home: lab.home, libvirt: await lab.connect(), exec: localExec, image });
  let host = await open();
  const guests = () => guestsOf(join(lab.home.libvirt, 'run'));
  return {
    lab,
    get host() {
      return host;
    },
    reconnect: async () => {
      await host.libvirt.close();
      host = await open();
    },
    guests,
    powerCut: async () => {
      const running = await guests();
      await lab.kill();
      for (const pid of running.values()) killHard(pid);
    },
    close: async () => {
      await host.libvirt.close();
      await lab.close();
    },
  };
}

/** Kills a process that may have ended by itself. */
export function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}

/** A host's processes, and nobody else's, have its directory in the place of /run/libvirt. */
async function guestsOf(run: string): Promise<Map<string, number>> {
  const identity = async (path: string) => {
    try {
      const { dev, ino } = await stat(path);
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  };
  const mark = await identity(run);
  const found = new Map<string, number>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    const uuid = /\0-uuid\0([0-9a-f-]{36})\0/.exec(command)?.[1];
    if (uuid && (await identity(join('/proc', pid, 'root/run/libvirt'))) === mark) found.set(uuid, Number(pid));
  }
  return found;
}
