import type { Libc } from './libc.ts';
import type { Mount } from './mounts.ts';

/** ioctl_nsfs(2), since Linux 6.12: the next mount namespace in the kernel's list, and the one before; struct mnt_ns_info. */
const NS_MNT_GET_NEXT = 0x8010b70b;
const NS_MNT_GET_PREV = 0x8010b70c;
const LSMT_ROOT = 0xffff_ffff_ffff_ffffn;
/** SB_BASIC, MNT_BASIC, MNT_ROOT, MNT_POINT, FS_TYPE, SB_SOURCE of statmount(2). */
const WANTED = 0x23bn;
/** Where the strings begin in struct statmount, and the members that are offsets of them. */
const STRINGS = 512;
const USUAL = 2048;
const LONGEST = 65_536;

/** A mount namespace, by the kernel's own identifier. */
export interface NamespaceId {
  readonly id: bigint;
  /** As in `mnt:[INODE]`. */
  readonly inode: number;
  /** How many mounts it has. */
  readonly count: number;
}

/**
 * All mount namespaces but our own, also those that no process is in: a bind mount or a descriptor keeps them for later. None
 * where the kernel has no list of them.
 */
export function listedNamespaces(libc: Libc, own: number, inodeOf: (fd: number) => number): NamespaceId[] {
  const found: NamespaceId[] = [];
  for (const direction of [NS_MNT_GET_PREV, NS_MNT_GET_NEXT]) {
    const info = Buffer.alloc(16);
    let fd = libc.dup(own);
    while (fd >= 0) {
      const next = libc.ioctl(fd, direction, info);
      libc.close(fd);
      fd = next;
      if (fd >= 0) found.push({ id: info.readBigUInt64LE(8), inode: inodeOf(fd), count: info.readUInt32LE(4) });
    }
  }
  return found;
}

/** The mounts of a namespace that no process shows us (listmount(2), statmount(2)). */
export function mountsIn(libc: Libc, { id, count }: NamespaceId): Mount[] {
  const found: Mount[] = [];
  const usual = Buffer.allocUnsafe(USUAL);
  for (const mount of mountIds(libc, id, count + 16)) {
    const asked = request(mount, WANTED, id);
    let told = usual;
    // Long paths need more, and there are few of them.
    if (libc.statmount(asked, told, told.length) < 0) {
      told = Buffer.alloc(LONGEST);
      if (libc.statmount(asked, told, told.length) < 0) continue;
    }
    found.push(mountOf(told));
  }
  return found;
}

function mountIds(libc: Libc, namespace: bigint, room: number): bigint[] {
  const ids = Buffer.allocUnsafe(8 * room);
  const count = libc.listmount(request(LSMT_ROOT, 0n, namespace), ids, room);
  // It had more than when it was listed.
  if (count === room) return mountIds(libc, namespace, 2 * room);
  return Array.from({ length: Math.max(count, 0) }, (_, at) => ids.readBigUInt64LE(8 * at));
}

/** struct statmount. */
function mountOf(told: Buffer): Mount {
  const text = (offset: number): string => {
    const from = STRINGS + told.readUInt32LE(offset);
    return told.toString('latin1', from, told.indexOf(0, from));
  };
  return {
    id: told.readUInt32LE(56),
    parent: told.readUInt32LE(60),
    device: `${told.readUInt32LE(16)}:${told.readUInt32LE(20)}`,
    root: text(104),
    at: text(108),
    type: text(36),
    source: text(124),
  };
}

/** struct mnt_id_req. */
function request(mount: bigint, parameter: bigint, namespace: bigint): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(bytes.length, 0);
  for (const [at, value] of [mount, parameter, namespace].entries()) bytes.writeBigUInt64LE(value, 8 + 8 * at);
  return bytes;
}
