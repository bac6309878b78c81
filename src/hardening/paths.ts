import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

/** Where the kernel and systemd are reached. Passed in everywhere, so that the same code runs on a temporary tree. */
export interface HostPaths {
  /** sysctls as files: proc_sys(5). */
  readonly procSys: string;
  /** cgroup v2, or the directory that holds the v1 controllers: cgroups(7). */
  readonly cgroup: string;
  readonly systemdUnits: string;
  /** Exists exactly when systemd is the service manager: sd_booted(3). */
  readonly systemdRuntime: string;
  /** Lists the active security modules in `lsm`. */
  readonly securityFs: string;
  /** sysfs: sysfs(5). */
  readonly sys: string;
  readonly proc: string;
  /** Configuration of the host. */
  readonly etc: string;
}

export const HOST_PATHS: HostPaths = {
  procSys: '/proc/sys',
  cgroup: '/sys/fs/cgroup',
  systemdUnits: '/etc/systemd/system',
  systemdRuntime: '/run/systemd/system',
  securityFs: '/sys/kernel/security',
  sys: '/sys',
  proc: '/proc',
  etc: '/etc',
};

/**
 * What this instance calls its nftables table, cgroup and slice: `logos_` and 8 hex digits of the home's hash, so that
 * several homes live side by side on one machine. No dash: systemd reads one as a level of the slice tree.
 */
export function instanceName(homeRoot: string): string {
  return `logos_${createHash('sha256').update(resolve(homeRoot)).digest('hex').slice(0, 8)}`;
}

/** Interfaces of guests carry this prefix; the firewall matches it and nothing else, so it can't reach the owner's traffic. */
export const GUEST_INTERFACE_PREFIX = 'logos';
