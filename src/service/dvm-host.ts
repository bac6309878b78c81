import { type DvmHost, dvmHost, prepareGuestImage, withLibvirt } from '../hypervisor/index.ts';
import { type Exec, localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';

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
