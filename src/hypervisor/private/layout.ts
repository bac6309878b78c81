import { join } from 'node:path';

/**
 * Debian reserves this number for `libvirt-qemu` (base-passwd), so it is nobody else's even where that user does not exist.
 * Guests run as it: a guest that breaks out of QEMU is then a user who owns nothing.
 */
export const GUEST_USER = 64_055;
/** Debian's libvirt looks this name up, whatever qemu.conf says. */
export const GUEST_USER_NAME = 'libvirt-qemu';

/** Where guests find the images: QEMU runs unprivileged and can't pass through this program's own directories. */
export const GUEST_IMAGES = '/var/lib/libvirt/images';

/** The directories of one private libvirtd, on the host. */
export interface PrivateLayout {
  root: string;
  etc: string;
  lib: string;
  run: string;
  log: string;
  cache: string;
  /** An empty directory, over which the daemon's namespace mounts its scaffolding. */
  scaffold: string;
  socket: string;
  pidFile: string;
  bootId: string;
  hostUuid: string;
  /** The host's user and group lists with QEMU's user in them. */
  passwd: string;
  group: string;
}

export function privateLayout(root: string): PrivateLayout {
  return {
    root,
    etc: join(root, 'etc'),
    lib: join(root, 'lib'),
    run: join(root, 'run'),
    log: join(root, 'log'),
    cache: join(root, 'cache'),
    scaffold: join(root, 'scaffold'),
    socket: join(root, 'run', 'libvirt-sock'),
    pidFile: join(root, 'run', 'libvirtd.pid'),
    bootId: join(root, 'boot-id'),
    hostUuid: join(root, 'host-uuid'),
    passwd: join(root, 'passwd'),
    group: join(root, 'group'),
  };
}
