import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, E, type Libc, O, zeroEnded } from './libc.ts';
import { STATX_MASK, STATX_SIZE } from './record.ts';

/** What getdents64(2) says of a name; `unknown` where the filesystem does not tell. */
export type NameType = 'directory' | 'file' | 'other' | 'unknown';
export interface Name {
  readonly name: string;
  readonly type: NameType;
}

const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_NO_MAGICLINKS = 0x02;
const READ = O.nofollow | O.cloexec | O.nonblock;

/** Looks at a tree by descriptors of directories, so that nobody can lead it elsewhere by exchanging a part of a path. */
export class Tree {
  readonly #list: Buffer;
  readonly #name = Buffer.alloc(256 + 1);
  readonly stat = new Int32Array(STATX_SIZE / 4);
  readonly #link = Buffer.alloc(4096);
  /** Reading leaves no trace where we may say so; otherwise the kernel refuses the flag. */
  #noatime = true;

  constructor(readonly libc: Libc) {
    this.#list = Buffer.alloc(1 << 16);
  }

  /** A root by its whole path, no part of which may be a symbolic link. Gives a descriptor or minus the error number. */
  openRoot(path: string, flags: number): number {
    const how = Buffer.alloc(24);
    // openat2(2) refuses what has no meaning for O_PATH.
    const wait = flags & O.path ? 0 : O.nonblock;
    how.writeBigUInt64LE(BigInt(flags | O.nofollow | O.cloexec | wait), 0);
    how.writeBigUInt64LE(BigInt(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS), 16);
    const fd = Number(this.libc.openat2(AT_FDCWD, zeroEnded(path), how));
    if (fd >= 0) return fd;
    const errno = this.libc.errno();
    const ENOSYS = 38;
    // Filters of containers that don't know the call say EPERM.
    if (errno !== ENOSYS && errno !== E.perm) return -errno;
    return this.#result(this.libc.openat(AT_FDCWD, zeroEnded(path), flags | READ, 0));
  }

  openAt(directory: number, name: string, flags: number): number {
    const path = this.#bytes(name);
    if (this.#noatime) {
      const fd = this.libc.openat(directory, path, flags | READ | O.noatime, 0);
      if (fd >= 0) return fd;
      if (this.libc.errno() !== E.perm) return -this.libc.errno();
    }
    return this.#result(this.libc.openat(directory, path, flags | READ, 0));
  }

  /** Into `this.stat`; 0 or minus the error number. */
  statAt(directory: number, name: string): number {
    return this.#result(this.libc.statx(directory, this.#bytes(name), AT_SYMLINK_NOFOLLOW, STATX_MASK, this.stat));
  }

  statOf(fd: number): number {
    this.#name[0] = 0;
    return this.#result(this.libc.statx(fd, this.#name, AT_EMPTY_PATH, STATX_MASK, this.stat));
  }

  /** The names in a directory, sorted by their bytes; or minus the error number. */
  names(fd: number): Name[] | number {
    const names: Name[] = [];
    for (;;) {
      const length = Number(this.libc.getdents64(fd, this.#list, this.#list.length));
      if (length < 0) return -this.libc.errno();
      if (length === 0) break;
      for (let at = 0; at < length; at += this.#list.readUInt16LE(at + 16)) {
        const name = this.#list.toString('latin1', at + 19, this.#list.indexOf(0, at + 19));
        if (name !== '.' && name !== '..') names.push({ name, type: typeOf(this.#list[at + 18] ?? 0) });
      }
    }
    return names.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Where a symbolic link leads; `undefined` when it is none. */
  linkAt(directory: number, name: string): string | undefined {
    const length = Number(this.libc.readlinkat(directory, this.#bytes(name), this.#link, this.#link.length));
    return length < 0 ? undefined : this.#link.toString('latin1', 0, length);
  }

  close(fd: number): void {
    if (fd >= 0) this.libc.close(fd);
  }

  #bytes(name: string): Buffer {
    if (name.length >= this.#name.length) return zeroEnded(name);
    this.#name[this.#name.write(name, 'latin1')] = 0;
    return this.#name;
  }

  #result(value: number): number {
    return value < 0 ? -this.libc.errno() : value;
  }
}

function typeOf(type: number): NameType {
  if (type === 4) return 'directory';
  if (type === 8) return 'file';
  return type === 0 ? 'unknown' : 'other';
}
