import { createHash } from 'node:crypto';
import { loadKoffi } from '../../system/native.ts';

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EMPTY_PATH = 0x1000;
export const O = {
  nonblock: 0o4000,
  direct: process.arch === 'arm64' ? 0o200000 : 0o40000,
  directory: process.arch === 'arm64' ? 0o40000 : 0o200000,
  nofollow: process.arch === 'arm64' ? 0o100000 : 0o400000,
  noatime: 0o1000000,
  cloexec: 0o2000000,
  path: 0o10000000,
} as const;
export const E = { perm: 1, noent: 2, acces: 13, notdir: 20, inval: 22, loop: 40, nodata: 61, opnotsupp: 95 } as const;

/** System call numbers where the C library has no function (arch/…/entry/syscalls in Linux). */
const NUMBERS =
  process.arch === 'arm64'
    ? { madvise: 233, ioSetup: 0, ioDestroy: 1, ioSubmit: 2, ioGetevents: 4 }
    : { madvise: 28, ioSetup: 206, ioDestroy: 207, ioSubmit: 209, ioGetevents: 208 };
const OPENAT2 = 437;
const CACHESTAT = 451;

/** Memory outside the heap of JavaScript, aligned to a page, with its address: what the kernel writes to while we wait. */
export interface Block {
  readonly address: bigint;
  readonly bytes: Buffer;
  /** Nothing may touch the bytes afterwards. */
  free(): void;
}

export type Libc = Awaited<ReturnType<typeof bind>>;

let bound: Promise<Libc> | undefined;

/** The system calls that the engine needs, by the foreign function interface: Node has none for most of them. */
export function libc(): Promise<Libc> {
  bound ??= bind();
  return bound;
}

/** A path or name as the kernel takes it: its bytes (one for each character) and a NUL. */
export function zeroEnded(bytes: string): Buffer {
  return Buffer.from(`${bytes}\0`, 'latin1');
}

async function bind() {
  const koffi = await loadKoffi();
  const load = () => koffi.load('libc.so.6');
  const library = load();
  const f = (prototype: string) => library.func(prototype) as (...args: unknown[]) => number;
  // The same name with other parameters needs a handle of its own.
  const call = (parameters: string) =>
    load().func(`long syscall(long, ${parameters})`) as (...args: unknown[]) => number;
  const ioSetup = call('long, void *');
  const ioSubmit = call('uint64_t, long, void *');
  const ioGetevents = call('uint64_t, long, long, void *, void *');
  const ioDestroy = call('uint64_t');
  const cachestat = call('int, const void *, void *, unsigned int');
  const madvise = call('uint64_t, uint64_t, int');
  const openat2 = call('int, const void *, const void *, size_t');
  const listmount = call('const void *, void *, size_t, unsigned int');
  const posixMemalign = f('int posix_memalign(_Out_ void **memory, size_t alignment, size_t size)');
  const poll = library.func('int poll(void *fds, unsigned long count, int timeout)');
  const free = library.func('void free(void *memory)') as (memory: unknown) => void;
  const digest = bindDigest(koffi);
  return {
    digest,
    errno: (): number => koffi.errno(),
    openat: f('int openat(int directory, const void *path, int flags, int mode)'),
    /** openat2(2); `how` is struct open_how. -1 with ENOSYS before Linux 5.6. */
    openat2: (directory: number, path: Buffer, how: Buffer) => openat2(OPENAT2, directory, path, how, how.length),
    /** cachestat(2); -1 with ENOSYS before Linux 6.5. */
    cachestat: (fd: number, range: Buffer, result: Buffer) => cachestat(CACHESTAT, fd, range, result, 0),
    close: f('int close(int fd)'),
    statx: f('int statx(int directory, const void *path, int flags, unsigned int mask, void *result)'),
    getdents64: f('long getdents64(int fd, void *buffer, size_t size)'),
    readlinkat: f('long readlinkat(int directory, const void *path, void *buffer, size_t size)'),
    flistxattr: f('long flistxattr(int fd, void *names, size_t size)'),
    fgetxattr: f('long fgetxattr(int fd, const void *name, void *value, size_t size)'),
    llistxattr: f('long llistxattr(const void *path, void *names, size_t size)'),
    lgetxattr: f('long lgetxattr(const void *path, const void *name, void *value, size_t size)'),
    pread: f('long pread(int fd, void *buffer, size_t size, long offset)'),
    read: f('long read(int fd, void *buffer, size_t size)'),
    write: f('long write(int fd, const void *buffer, size_t size)'),
    preadv2: f('long preadv2(int fd, const void *parts, int count, long offset, int flags)'),
    fcntl: f('int fcntl(int fd, int command, int argument)'),
    dup: f('int dup(int fd)'),
    ioctl: f('int ioctl(int fd, unsigned long request, void *argument)'),
    /** listmount(2) and statmount(2), which have these numbers everywhere. */
    listmount: (of: Buffer, ids: Buffer, count: number) => Number(listmount(458, of, ids, count, 0)),
    statmount: (of: Buffer, told: Buffer, size: number) => Number(listmount(457, of, told, size, 0)),
    fadvise: f('int posix_fadvise(int fd, long offset, long length, int advice)'),
    fanotifyInit: f('int fanotify_init(unsigned int flags, unsigned int eventFlags)'),
    fanotifyMark: f('int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int directory, const void *path)'),
    inotifyInit: f('int inotify_init1(int flags)'),
    inotifyAddWatch: f('int inotify_add_watch(int fd, const void *path, uint32_t mask)'),
    nameToHandleAt: f('int name_to_handle_at(int directory, const void *path, void *handle, void *mount, int flags)'),
    statfs: f('int statfs(const void *path, void *result)'),
    eventfd: f('int eventfd(unsigned int value, int flags)'),
    timerfdCreate: f('int timerfd_create(int clock, int flags)'),
    timerfdSettime: f('int timerfd_settime(int fd, int flags, const void *value, void *old)'),
    /** poll(2) on a thread of the pool; gives how many descriptors are ready. */
    poll: (fds: Buffer, count: number, timeoutMs: number): Promise<number> =>
      new Promise((resolve, reject) =>
        poll.async(fds, count, timeoutMs, (error: unknown, ready: number) => (error ? reject(error) : resolve(ready))),
      ),
    ioSetup: (depth: number): bigint | undefined => {
      const context = Buffer.alloc(8);
      return ioSetup(NUMBERS.ioSetup, depth, context) === 0 ? context.readBigUInt64LE() : undefined;
    },
    ioSubmit: (context: bigint, count: number, list: Buffer) =>
      Number(ioSubmit(NUMBERS.ioSubmit, context, count, list)),
    ioGetevents: (context: bigint, count: number, events: Buffer) =>
      Number(ioGetevents(NUMBERS.ioGetevents, context, count, count, events, null)),
    madvise: (address: bigint, length: bigint, advice: number) => madvise(NUMBERS.madvise, address, length, advice),
    ioDestroy: (context: bigint) => ioDestroy(NUMBERS.ioDestroy, context),
    allocate: (size: number): Block => {
      const memory: unknown[] = [null];
      if (posixMemalign(memory, 4096, size) !== 0) throw new Error(`no memory for ${size} bytes`);
      const bytes = Buffer.from(koffi.view(memory[0], size));
      return { address: BigInt(koffi.address(memory[0])), bytes, free: () => free(memory[0]) };
    },
  };
}

/** SHA-256 of bytes into 32 bytes: OpenSSL's own function, which Node exports, spares the objects of node:crypto. */
function bindDigest(koffi: Awaited<ReturnType<typeof loadKoffi>>): (bytes: Uint8Array, into: Uint8Array) => void {
  try {
    const sha256 = koffi.load(null).func('void *SHA256(const void *bytes, size_t length, void *digest)');
    return (bytes, into) => {
      sha256(bytes, bytes.length, into);
    };
  } catch {
    return (bytes, into) => into.set(createHash('sha256').update(bytes).digest());
  }
}
