import { UserError } from './errors.ts';
import { loadKoffi } from './native.ts';

/** Extended attributes (xattr(7)) and exact times (utimensat(2)) of a path itself, never of what a link leads to. */
export interface Attributes {
  /** Value by name, as base64: ACLs, capabilities and labels among them. Empty where the file system has none. */
  read(path: string): Record<string, string>;
  /** Makes them exactly these: others are removed. */
  write(path: string, wanted: Readonly<Record<string, string>>): void;
  /** Nanoseconds since 1970. */
  setTimes(path: string, times: { readonly atimeNs: bigint; readonly mtimeNs: bigint }): void;
}

const [ENODATA, ENOTSUP, ERANGE] = [61, 95, 34];
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** XATTR_SIZE_MAX and XATTR_LIST_MAX of linux/limits.h. */
const LARGEST = 65_536;

let bound: Promise<Attributes> | undefined;

/** Node has no calls for them, so they go to the C library. Throws UserError `xattr-failed` with the system's reason. */
export function fileAttributes(): Promise<Attributes> {
  bound ??= bind();
  return bound;
}

async function bind(): Promise<Attributes> {
  const koffi = await loadKoffi();
  const libc = koffi.load('libc.so.6');
  const list = libc.func('long llistxattr(const char *path, void *list, size_t size)');
  const get = libc.func('long lgetxattr(const char *path, const char *name, void *value, size_t size)');
  const set = libc.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)');
  const remove = libc.func('int lremovexattr(const char *path, const char *name)');
  const utimens = libc.func('int utimensat(int dirfd, const char *path, const void *times, int flags)');

  const failed = (what: string, path: string): UserError =>
    new UserError('xattr-failed', `${what} of ${path} can't be read or set (errno ${koffi.errno()}).`, {
      nextSteps: ['See whether the file system takes extended attributes and is writable, and run the command again.'],
    });
  const names = (path: string): string[] => {
    const buffer = Buffer.alloc(LARGEST);
    const size = Number(list(path, buffer, LARGEST));
    if (size < 0 && koffi.errno() === ENOTSUP) return [];
    if (size < 0) throw failed('The extended attributes', path);
    return buffer.subarray(0, size).toString('utf8').split('\0').filter(Boolean).sort();
  };
  return {
    read: (path) => {
      const found: Record<string, string> = {};
      for (const name of names(path)) {
        const buffer = Buffer.alloc(LARGEST);
        const size = Number(get(path, name, buffer, LARGEST));
        // Gone between the two calls, or a name that only its module answers for.
        if (size < 0 && [ENODATA, ENOTSUP, ERANGE].includes(koffi.errno())) continue;
        if (size < 0) throw failed(`The attribute ${name}`, path);
        found[name] = buffer.subarray(0, size).toString('base64');
      }
      return found;
    },
    write: (path, wanted) => {
      for (const name of names(path)) {
        if (name in wanted || remove(path, name) === 0) continue;
        // A label of SELinux can't be taken away, only replaced: it comes with the file system's policy.
        if (!name.startsWith('security.')) throw failed(`The attribute ${name}`, path);
      }
      for (const [name, value] of Object.entries(wanted)) {
        const bytes = Buffer.from(value, 'base64');
        if (set(path, name, bytes, bytes.length, 0) !== 0) throw failed(`The attribute ${name}`, path);
      }
    },
    setTimes: (path, { atimeNs, mtimeNs }) => {
      // struct timespec of 64-bit Linux: seconds and nanoseconds, eight bytes each.
      const times = Buffer.alloc(32);
      [atimeNs, mtimeNs].forEach((ns, index) => {
        const seconds = ns / 1_000_000_000n - (ns % 1_000_000_000n < 0n ? 1n : 0n);
        times.writeBigInt64LE(seconds, index * 16);
        times.writeBigInt64LE(ns - seconds * 1_000_000_000n, index * 16 + 8);
      });
      if (utimens(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) !== 0) throw failed('The times', path);
    },
  };
}
