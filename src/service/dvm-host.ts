import { type DvmHost, dvmHost, hostId, prepareGuestImage, rootOf, withLibvirt } from '../hypervisor/index.ts';
import { UserError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import { type Home, homeFrom } from '../system/home.ts';

/**
 * This host, or another instance on this machine by its directory, with a connection to its libvirt for as long as `use` takes.
 * Throws as withLibvirt does.
 */
export function withDvmHost<T>(
  home: Home,
  use: (host: DvmHost) => Promise<T>,
  options: { exec?: Exec; waitMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const { exec = localExec, waitMs, signal } = options;
  const image = () => prepareGuestImage(home, exec, undefined, { signal });
  return withLibvirt(home, async (libvirt) => use(await dvmHost({ home, libvirt, exec, image })), {
    waitMs,
    signal,
  });
}

/** Another instance on this machine, by its directory or its id. Throws UserError `dvm-host-elsewhere`. */
export async function otherHome(idOrDirectory: string): Promise<Home> {
  const root = rootOf(idOrDirectory);
  const home = homeFrom({ ...process.env, LOGOS_HOME: root });
  if (root === idOrDirectory || (await hostId(home)) === idOrDirectory) return home;
  throw new UserError('dvm-host-elsewhere', `${idOrDirectory} is an instance on another machine.`, {
    nextSteps: ['Name one on this machine by its LOGOS_HOME.'],
  });
}
