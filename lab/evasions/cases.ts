/** Which file system the victim is on: the machine's, a loop device with ext4 of its own, or memory. */
type Ground = 'tree' | 'disk' | 'memory';

/** One evasion; what it does is in attacks/*.py under the same name. */
export interface EvasionCase {
  readonly name: string;
  readonly title: string;
  readonly ground: Ground;
}

/** What no event and no stat tells, so that only a sweep of the content or of the inodes can. */
export const SWEPT: ReadonlySet<string> = new Set([
  'held-mapping',
  'held-mapping-tmpfs',
  'inode-flags',
  'raw-block',
  'disk-image',
  'poisoned-cache',
]);

const on = (ground: Ground, titles: Readonly<Record<string, string>>): EvasionCase[] =>
  Object.entries(titles).map(([name, title]) => ({ name, title, ground }));

/** Each begins with an untouched file of the baseline and can be repeated on another one. */
export const FILE_CASES: readonly EvasionCase[] = [
  ...on('tree', {
    'forged-mtime': 'write, size kept, mtime set back (utimensat)',
    'held-mapping': 'shared mapping from before the baseline, written, no msync',
    'held-mapping-msync': 'the same, with msync',
    'held-descriptor': 'descriptor from before the baseline, written, mtime set back',
    'hard-link-outside': 'write through a hard link outside of the tree',
    'new-hard-link': 'hard link made outside of the tree, nothing written',
    'other-mount': 'write through a bind mount of the directory elsewhere',
    'change-and-back': 'evil bytes for 2 ms, then the good ones, mtime set back',
    'punched-hole': 'fallocate punches a hole, mtime set back',
    'rename-over': 'rename over it, same size, mode, owner, times',
    'rename-exchange': 'RENAME_EXCHANGE with such a file',
    'rename-exchange-equal': 'RENAME_EXCHANGE with a file equal in every byte',
    'exchange-and-back': 'RENAME_EXCHANGE for 2 ms and back',
    'exchange-directory': 'RENAME_EXCHANGE of the whole directory',
    'symlink-to-equal': 'symbolic link to equal bytes in its place',
    removed: 'removed',
    'made-anew': 'removed and made anew with equal bytes and times',
    'added-odd-name': 'a file more, with a name that is no UTF-8',
    fifo: 'FIFO in its place (who reads it hangs)',
    'sparse-giant': 'a terabyte of nothing in it (who hashes it is busy)',
    'device-node': '/dev/zero in its place (mknod)',
    chmod: 'chmod to set-user-ID',
    'chmod-and-back': 'chmod for 2 ms and back',
    chown: 'chown',
    xattr: 'extended attribute',
    acl: 'access control list',
    capability: 'file capability',
    'inode-flags': 'inode flag (chattr +d)',
    'bind-over-file': 'bind mount over the file',
    'tmpfs-over-directory': 'tmpfs with equal copies over the directory',
    'overlay-over-directory': 'overlay over the directory, one file changed',
    'bind-in-other-namespace': 'bind mount in another mount namespace',
    'bind-in-thread-namespace': 'the same, in the namespace of one thread only',
    'bind-in-pinned-namespace': 'the same, in a namespace that no process is in',
    'sustained-flood': 'a flood that goes on, and in it evil bytes for 2 ms',
    'event-flood': '60,000 events, and among them evil bytes for 2 ms',
  }),
  ...on('memory', { 'held-mapping-tmpfs': 'held mapping of a file in memory (tmpfs)' }),
  ...on('disk', {
    'raw-block': 'raw write of its block on the device, page cache kept',
    'disk-image': 'write into the image that backs the device',
    'poisoned-cache': 'evil bytes in the page cache, good ones on the device',
  }),
];

/** While no guard runs; what a check afterwards and the next watch say of it. */
export const OFF_CASES: readonly EvasionCase[] = [
  ...on('tree', { 'forged-mtime': 'changed while powered off, mtime set back' }),
  ...on('disk', { 'offline-block': 'disk changed while powered off, ctime as it was' }),
];

/** What is no change of guarded files, however much goes on (attacks/quiet.py). */
export const QUIET_CASES: readonly EvasionCase[] = on('tree', {
  reads: 'grep, tar and cat of everything',
  'private-mapping': 'a private mapping, written to',
  'opened-to-write': 'opened to write, locked, synced and closed; sync',
  'unrelated-writes': 'apt-like writes on the same file system, 25,000 events',
  'log-rotation': 'log rotation beside it',
  'unrelated-mounts': 'mount, remount and umount elsewhere',
  'service-sandbox': 'a unit with ProtectSystem= and PrivateTmp=',
  container: 'a container whose own root has the same paths',
  volume: 'a guarded directory mounted read-only in a container',
});
