import {
  type ComputePath,
  checkDvmName,
  checkNewDvm,
  createDvm,
  dvmHost,
  type Libvirt,
  prepareGuestImage,
  type StartedDvm,
  startAgain,
  withLibvirt,
} from '../hypervisor/index.ts';
import { ExternalError, UserError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import type { Progress } from '../system/progress.ts';
import { composeStatus } from './compose-status.ts';
import { isServing } from './refuse-serving.ts';

export interface LocalStartOptions {
  readonly home: Home;
  readonly name: string;
  readonly vcpus: number;
  /** To how many it can grow while it runs. */
  readonly maxVcpus?: number;
  readonly memoryMiB: number;
  /** Default: the one that `logos provide` found, else emulation, which works everywhere. */
  readonly path?: ComputePath;
  readonly deadlineMs: number;
  /** Sizes of disks of its own, in MiB. */
  readonly diskMiB?: readonly number[];
  /** Where other hosts find its disks too. */
  readonly sharedDirectory?: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly exec?: Exec;
}

/** A daemon that was just started asks every QEMU what it can do. Milliseconds. */
const DAEMON_MS = 60_000;

/**
 * Starts a guest of the small image that is its owner's and not the region's. Throws UserError `service-running` where the region starts
 * the DVMs: NGd would take another one for a stranger's. Otherwise throws as withLibvirt, prepareGuestImage and startDvm do.
 */
export async function startLocalDvm(options: LocalStartOptions): Promise<StartedDvm> {
  const { home, name, vcpus, memoryMiB, deadlineMs, diskMiB, sharedDirectory, progress, signal } = options;
  const { exec = localExec, maxVcpus } = options;
  checkDvmName(name);
  checkNewDvm({ diskMiB, sharedDirectory });
  const path = options.path ?? pathOf(home);
  const start = async (libvirt: Libvirt): Promise<StartedDvm> => {
    const image = () => prepareGuestImage(home, exec, progress, { signal });
    const host = await dvmHost({ home, libvirt, exec, image });
    // One that was stopped is started as it was.
    if ((await host.definitions.find(name))?.wanted === 'stopped') return startAgain(host, name, signal);
    const wanted = { name, vcpus, maxVcpus, memoryMiB, path, deadlineMs, diskMiB, sharedDirectory };
    return createDvm(host, wanted, signal);
  };
  if (await isServing(home)) throw regionStarts();
  try {
    return await withLibvirt(home, start, { signal });
  } catch (error) {
    if (!(error instanceof ExternalError) || error.code !== 'libvirt-unreachable') throw error;
  }
  const { startHostLibvirtd } = await import('./start-libvirtd.ts');
  await startHostLibvirtd({ home, exec, progress, signal });
  return withLibvirt(home, start, { waitMs: DAEMON_MS, signal });
}

function pathOf(home: Home): ComputePath {
  return composeStatus(home).path === 'kvm' ? 'kvm' : 'qemu';
}

function regionStarts(): UserError {
  return new UserError('service-running', 'This host lends: the region starts its DVMs, and NGd finds any other.', {
    nextSteps: ['Ask the region for a DVM, or end the services with `logos provide --stop` first.'],
  });
}
