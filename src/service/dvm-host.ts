import {
  connectSocket,
  type DvmHost,
  directoryLink,
  dvmHost,
  hostId,
  isRemoteUri,
  type MigrationLink,
  openRemoteHost,
  parseRemoteUri,
  planLibvirtd,
  prepareGuestImage,
  rootOf,
  type Served,
  transportTo,
  withLibvirt,
} from '../hypervisor/index.ts';
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
    nextSteps: ['Name one on this machine by its LOGOS_HOME, and another machine by its URI (docs/dvm.md).'],
  });
}

/**
 * The other side of a migration for as long as `use` takes, with the way to its sockets: an instance on this machine by its directory
 * or id, or a host on another by its URI (`qemu+ssh://`, `qemu+tls://`). Throws as withLibvirt, parseRemoteUri and openRemoteHost do.
 */
export async function withOtherHost<T>(
  to: string,
  use: (other: { host: DvmHost; link: MigrationLink }) => Promise<T>,
): Promise<T> {
  if (!isRemoteUri(to)) {
    return withDvmHost(await otherHome(to), (host) => use({ host, link: directoryLink(host.sockets ?? '') }));
  }
  const remote = await openRemoteHost(transportTo(parseRemoteUri(to)));
  try {
    return await use(remote);
  } finally {
    await remote.close();
  }
}

/** What other hosts that were let in may use of this one. Throws UserError `root-needed` | `libvirt-missing`. */
export async function servedHost(home: Home): Promise<Served> {
  const { endpoint } = await planLibvirtd(home);
  return {
    endpoint,
    withHost: (use) => withDvmHost(home, use),
    connect: connectSocket,
  };
}
