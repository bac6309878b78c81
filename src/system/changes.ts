import { chmod, chown, lstat, mkdir, readFile, readlink, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasEntry, isErrno, writeFileAtomic } from './files.ts';
import type { Change, Journal, Json, Undoers } from './journal.ts';

/** Journalled changes to the file system; each is undone exactly, down to mode and owner. */

export async function writeFileJournalled(
  journal: Journal,
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await makeDirectoryJournalled(journal, dirname(path));
  // Only the first change of a file knows what the host had; later ones would record our own text.
  if (!(await journal.find('file', path))) {
    await journal.record({ kind: 'file', target: path, before: await snapshotFile(path) });
  }
  await writeFileAtomic(path, content, mode);
}

/** Writes down what a path holds before a change that the caller makes itself; `undefined` when an earlier line has it. */
export async function recordFile(journal: Journal, path: string): Promise<Change | undefined> {
  if (await journal.find('file', path)) return undefined;
  return journal.record({ kind: 'file', target: path, before: await snapshotFile(path) });
}

export async function removeFileJournalled(journal: Journal, path: string): Promise<void> {
  if (!(await journal.find('file', path))) {
    await journal.record({ kind: 'file', target: path, before: await snapshotFile(path) });
  }
  await rm(path, { force: true });
}

export async function symlinkJournalled(journal: Journal, path: string, target: string): Promise<void> {
  await makeDirectoryJournalled(journal, dirname(path));
  if (!(await journal.find('file', path))) {
    await journal.record({ kind: 'file', target: path, before: await snapshotFile(path) });
  }
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Makes a directory and its missing parents; undo removes those it made, where they are empty. */
export async function makeDirectoryJournalled(journal: Journal, path: string, mode = 0o755): Promise<void> {
  if (await hasEntry(path)) return;
  await makeDirectoryJournalled(journal, dirname(path), mode);
  await journal.record({ kind: 'directory', target: path, before: null });
  await mkdir(path, { recursive: true, mode });
}

export const fileUndoers: Undoers = {
  file: async (change) => restoreFile(change),
  directory: async (change) => {
    try {
      await rmdir(change.target);
    } catch (error) {
      // Somebody else put something there since: it is theirs, and the directory stays for it.
      if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTEMPTY')) throw error;
    }
  },
};

type FileSnapshot = { absent: true } | { link: string } | { content: string; mode: number; uid: number; gid: number };

async function snapshotFile(path: string): Promise<FileSnapshot & Json> {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) return { link: await readlink(path) };
    return {
      content: (await readFile(path)).toString('base64'),
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { absent: true };
    throw error;
  }
}

async function restoreFile(change: Change): Promise<void> {
  const before = change.before as FileSnapshot;
  if ('absent' in before) {
    await rm(change.target, { force: true });
  } else if ('link' in before) {
    await rm(change.target, { force: true });
    await symlink(before.link, change.target);
  } else {
    await writeFileAtomic(change.target, Buffer.from(before.content, 'base64'), before.mode);
    await chmod(change.target, before.mode);
    await chown(change.target, before.uid, before.gid);
  }
}
