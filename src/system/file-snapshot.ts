import { createHash } from 'node:crypto';
import { chmod, lchown, lstat, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isErrno, syncDirectory } from './files.ts';
import type { Json } from './journal.ts';
import { fileAttributes } from './xattr.ts';

/** A directory's time of change, and what was in it besides one entry, so that it is put back only where nobody else came by. */
export interface ParentSnapshot {
  readonly atimeNs: string;
  readonly mtimeNs: string;
  /** SHA-256 over the names of the other entries and what tells whether they are still the same. */
  readonly others: string;
}

interface Owned {
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly atimeNs: string;
  readonly mtimeNs: string;
  /** Base64 by name. */
  readonly xattrs: Readonly<Record<string, string>>;
}

/** What a path held: enough to make it again, exactly but for its inode and ctime, which no program can set. */
export type FileSnapshot = { readonly parent?: ParentSnapshot } & (
  | { readonly absent: true }
  | ({ readonly link: string } & Partial<Owned>)
  | ({ readonly content: string; readonly mode: number; readonly uid: number; readonly gid: number } & Partial<Owned>)
);

/** Beside a file that is being replaced: one name for each, so that undo clears away what a kill left there. */
export function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.logos-new`);
}

/** Throws the system's error when the path can't be read, or is neither file nor link. */
export async function snapshotFile(path: string): Promise<FileSnapshot & Json> {
  const parent = await snapshotParent(path);
  const entry: FileSnapshot = await snapshotEntry(path);
  return { ...entry, ...(parent && { parent: { ...parent } }) } as FileSnapshot & Json;
}

async function snapshotEntry(path: string): Promise<FileSnapshot & Json> {
  try {
    const stat = await lstat(path, { bigint: true });
    const owned = {
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      atimeNs: `${stat.atimeNs}`,
      mtimeNs: `${stat.mtimeNs}`,
      xattrs: (await fileAttributes()).read(path),
    };
    if (stat.isSymbolicLink()) return { link: await readlink(path), ...owned };
    const mode = Number(stat.mode) & 0o7777;
    return { content: (await readFile(path)).toString('base64'), mode, ...owned };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return { absent: true };
    throw error;
  }
}

/** Makes a path what it was: atomically, and not at all where it is that already. Does no harm the second time. */
export async function restoreSnapshot(path: string, before: FileSnapshot): Promise<void> {
  const temporary = temporaryOf(path);
  await rm(temporary, { force: true });
  const { parent, ...entry } = before;
  if (!isSame(entry, await snapshotEntry(path))) {
    if ('absent' in entry) {
      await rm(path, { force: true });
    } else {
      await makeAgain(temporary, entry);
      await rename(temporary, path);
      await syncDirectory(dirname(path));
    }
  }
  if (parent) await restoreParent(path, parent);
}

/** Everything but the time of the last reading, which looking changes. */
function isSame(wanted: Omit<FileSnapshot, 'parent'>, found: FileSnapshot): boolean {
  const { atimeNs: _wanted, ...left } = wanted as Record<string, unknown>;
  const { atimeNs: _found, ...right } = found as Record<string, unknown>;
  return isDeepStrictEqual(left, right);
}

async function makeAgain(path: string, entry: Exclude<FileSnapshot, { absent: true }>): Promise<void> {
  if ('link' in entry) {
    await symlink(entry.link, path);
  } else {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.from(entry.content, 'base64'));
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const { uid, gid, xattrs, atimeNs, mtimeNs } = entry;
  // Owner first: chown(2) takes set-user-ID bits and capabilities away.
  if (uid !== undefined && gid !== undefined) await lchown(path, uid, gid);
  if ('mode' in entry) await chmod(path, entry.mode);
  const attributes = await fileAttributes();
  if (xattrs) attributes.write(path, xattrs);
  if (atimeNs && mtimeNs) attributes.setTimes(path, { atimeNs: BigInt(atimeNs), mtimeNs: BigInt(mtimeNs) });
}

/** `undefined` where there is no such directory. */
export async function snapshotParent(path: string): Promise<ParentSnapshot | undefined> {
  const directory = dirname(path);
  try {
    const stat = await lstat(directory, { bigint: true });
    return { atimeNs: `${stat.atimeNs}`, mtimeNs: `${stat.mtimeNs}`, others: await othersIn(path) };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** A directory that somebody else changed since keeps its own time. */
export async function restoreParent(path: string, { others, atimeNs, mtimeNs }: ParentSnapshot): Promise<void> {
  const directory = dirname(path);
  const now = await snapshotParent(path);
  if (now === undefined || now.mtimeNs === mtimeNs || now.others !== others) return;
  (await fileAttributes()).setTimes(directory, { atimeNs: BigInt(atimeNs), mtimeNs: BigInt(mtimeNs) });
  await syncDirectory(directory);
}

async function othersIn(path: string): Promise<string> {
  const directory = dirname(path);
  const mine = new Set([basename(path), basename(temporaryOf(path))]);
  const names = (await readdir(directory)).filter((name) => !mine.has(name)).sort();
  const marks = await Promise.all(names.map((name) => markOf(join(directory, name))));
  return createHash('sha256')
    .update(JSON.stringify(names.map((name, index) => [name, marks[index]])))
    .digest('hex');
}

/** Of a file its time: undo makes it anew with the same. Of a directory its inode: its time is the business of what is in it. */
async function markOf(path: string): Promise<string> {
  try {
    const stat = await lstat(path, { bigint: true });
    return stat.isDirectory() ? `directory ${stat.ino}` : `${stat.mtimeNs}`;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'gone';
    throw error;
  }
}
