import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { isErrno } from '../system/files.ts';

/** What is at a path. */
export type Found =
  | { kind: 'file'; sha256: string; size: number; mode: number; uid: number; gid: number }
  | { kind: 'link'; target: string; uid: number; gid: number }
  | { kind: 'absent' }
  | { kind: 'other' }
  | { kind: 'unreadable'; reason: string };

/**
 * Digests of files whose inode, size, mtime and ctime have not changed since they were read. ctime can't be set through
 * the system call interface, so an unchanged one means an unchanged file, short of the clock or the device itself being
 * written to; that is why the guard forgets it from time to time.
 */
export type DigestCache = Map<string, { stamp: string; sha256: string }>;

/** Looks at a path without following a symbolic link in its last part. Never throws. */
export async function inspect(path: string, cache?: DigestCache): Promise<Found> {
  try {
    const stat = await lstat(path, { bigint: true });
    if (stat.isSymbolicLink()) {
      return { kind: 'link', target: await readlink(path), uid: Number(stat.uid), gid: Number(stat.gid) };
    }
    // Opening a FIFO or a device could block or have effects.
    if (!stat.isFile()) return { kind: 'other' };
    return await inspectFile(path, cache);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return { kind: 'absent' };
    // It became a link between the two looks (open(2), O_NOFOLLOW).
    if (isErrno(error, 'ELOOP')) return { kind: 'other' };
    return { kind: 'unreadable', reason: (error as Error).message };
  }
}

async function inspectFile(path: string, cache?: DigestCache): Promise<Found> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // Of the open file, not of the path: both must be about the same inode.
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) return { kind: 'other' };
    const stamp = stampOf(stat);
    const kept = cache?.get(path);
    const sha256 = kept?.stamp === stamp ? kept.sha256 : await digestOf(file);
    cache?.set(path, { stamp, sha256 });
    const mode = Number(stat.mode) & 0o7777;
    return { kind: 'file', sha256, size: Number(stat.size), mode, uid: Number(stat.uid), gid: Number(stat.gid) };
  } finally {
    await file.close();
  }
}

function stampOf(stat: BigIntStats): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}
