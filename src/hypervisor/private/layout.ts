import { basename, join } from 'node:path';
import type { GuestPlace } from '../libvirt.ts';

/**
 * Debian reserves this number for `libvirt-qemu` (base-passwd), so it is nobody else's even where that user does not exist.
 * Guests run as it: a guest that breaks out of QEMU is then a user who owns nothing.
 */
export const GUEST_USER = 64_055;
/** Debian's libvirt looks this name up, whatever qemu.conf says. */
export const GUEST_USER_NAME = 'libvirt-qemu';

/** Where guests find the images: QEMU runs unprivileged and can't pass through this program's own directories. */
export const GUEST_IMAGES = '/var/lib/libvirt/images';

/** Where guests find their disks. */
export const GUEST_DISKS = '/var/lib/libvirt/disks';
/** Where the daemon and QEMU meet the streams of a migration. */
export const GUEST_SOCKETS = '/run/libvirt/migration';

/** The directories of one private libvirtd, on the host. */
export interface PrivateLayout {
  root: string;
  etc: string;
  lib: string;
  run: string;
  /** Disks of guests. */
  disks: string;
  /** Sockets through which a guest moves; gone with `run` after a restart of the machine. */
  sockets: string;
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
    disks: join(root, 'lib', basename(GUEST_DISKS)),
    sockets: join(root, 'run', basename(GUEST_SOCKETS)),
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

/** What the daemon and its guests see under other names; the longest first. `images`: on the host. */
export function guestPlaces(layout: PrivateLayout, images: string): GuestPlace[] {
  return [
    { host: images, guest: GUEST_IMAGES },
    { host: layout.disks, guest: GUEST_DISKS },
    { host: layout.sockets, guest: GUEST_SOCKETS },
  ];
}
