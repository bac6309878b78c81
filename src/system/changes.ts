import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { replaceContent, withoutText } from './added-text.ts';
import {
  type FileSnapshot,
  type ParentSnapshot,
  restoreParent,
  restoreSnapshot,
  snapshotFile,
  snapshotParent,
  temporaryOf,
} from './file-snapshot.ts';
import { hasEntry, isErrno, syncDirectory } from './files.ts';
import { type Change, type Journal, type Json, LaterEdit, type Undo, type Undoers } from './journal.ts';

/**
 * Journalled changes to the file system; each is undone exactly: content, mode, owner, extended attributes, times, and the
 * time of the directory it is in.
 */

export async function writeFileJournalled(
  journal: Journal,
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await makeDirectoryJournalled(journal, dirname(path));
  await recordFile(journal, path);
  await replaceFile(path, content, mode);
}

/** Writes down what a path holds before a change that the caller makes itself; `undefined` when an earlier line has it. */
export async function recordFile(journal: Journal, path: string, kind = 'file'): Promise<Change | undefined> {
  // Only the first change of a file knows what the host had; later ones would record our own text.
  if (await journal.find(kind, path)) return undefined;
  return journal.record({ kind, target: path, before: await snapshotFile(path) });
}

/**
 * Replaces a file that is in the journal: whole or not at all, as writeFileAtomic does, but by way of a name that undo
 * knows, so that a kill in between leaves nothing.
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = temporaryOf(path);
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

export async function removeFileJournalled(journal: Journal, path: string): Promise<void> {
  if (!(await hasEntry(path))) return;
  await recordFile(journal, path);
  await rm(path, { force: true });
}

export async function symlinkJournalled(journal: Journal, path: string, target: string): Promise<void> {
  await makeDirectoryJournalled(journal, dirname(path));
  await recordFile(journal, path);
  await rm(path, { force: true });
  await symlink(target, path);
}

/** Makes a directory and its missing parents; undo removes those it made, where they are empty. */
export async function makeDirectoryJournalled(journal: Journal, path: string, mode = 0o755): Promise<void> {
  if (await hasEntry(path)) return;
  await makeDirectoryJournalled(journal, dirname(path), mode);
  await recordDirectory(journal, path, 'directory');
  await mkdir(path, { recursive: true, mode });
}

/** Writes down the directories that a file still lacks, outermost first; the caller makes them. */
export async function recordDirectories(journal: Journal, path: string, kind: string): Promise<Change[]> {
  const directory = dirname(path);
  if (await hasEntry(directory)) return [];
  const above = await recordDirectories(journal, directory, kind);
  if (await journal.find(kind, directory)) return above;
  return [...above, await recordDirectory(journal, directory, kind)];
}

async function recordDirectory(journal: Journal, path: string, kind: string): Promise<Change> {
  const parent = await snapshotParent(path);
  return journal.record({ kind, target: path, before: parent ? { parent: { ...parent } } : null });
}

/**
 * Gives a path back what it held. Where the journal says what we put there, another content is somebody else's by now and
 * stays, but for text that we added.
 */
export const undoFile: Undo = async ({ target, before, made }, how) => {
  const was = before as unknown as FileSnapshot;
  const found = made === undefined || how?.overwrite ? undefined : await foreignEntry(target, was, made);
  if (found === undefined) return restoreSnapshot(target, was);
  const added = addedIn(made);
  if (added === undefined || !('content' in found)) throw new LaterEdit(shownEdit(target, found));
  const [rest] = withoutText(textOf(found), added);
  if (rest !== undefined) await replaceContent(target, rest, found);
  throw new LaterEdit(`${target} was edited since${rest === undefined ? '' : '; only our lines were taken out'}`, true);
};

/** What a path holds, where that is neither what was there nor what we made of it. */
async function foreignEntry(
  path: string,
  was: FileSnapshot,
  made: NonNullable<Change['made']>,
): Promise<FileSnapshot | undefined> {
  const now = (await snapshotFile(path)) as FileSnapshot;
  if ('absent' in now) return 'absent' in was ? undefined : now;
  if ('link' in now) return 'link' in was && was.link === now.link ? undefined : now;
  const original = 'content' in was ? textOf(was) : '';
  if ('content' in was && was.content === now.content) return undefined;
  const isMade = (content: string | Uint8Array): boolean =>
    made.some((after) => isDeepStrictEqual(after, madeOf(content)));
  if (isMade(Buffer.from(now.content, 'base64'))) return undefined;
  const added = addedIn(made);
  // Our lines may be on top of a content that is ours as a whole.
  const rest = added === undefined ? [] : withoutText(textOf(now), added);
  return rest.some((text) => text === original || isMade(text)) ? undefined : now;
}

/** What the journal is told of a file that is about to be written whole. */
export function madeOf(content: string | Uint8Array): Json {
  return { sha256: digestOf(content) };
}

function addedIn(made: Change['made'] = []): string | undefined {
  return (made as readonly { added?: string }[]).find(({ added }) => added !== undefined)?.added;
}

function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function textOf({ content }: { readonly content: string }): string {
  return Buffer.from(content, 'base64').toString('utf8');
}

function shownEdit(path: string, found: FileSnapshot): string {
  return 'absent' in found ? `${path} was removed since` : `${path} holds another content than what was put there`;
}

export const undoDirectory: Undo = async ({ target, before }) => {
  try {
    await rmdir(target);
  } catch (error) {
    // Somebody else put something there since: it is theirs, and the directory stays for it.
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTEMPTY')) throw error;
  }
  const parent = (before as { parent?: ParentSnapshot } | null)?.parent;
  if (parent) await restoreParent(target, parent);
};

export const fileUndoers: Undoers = { file: undoFile, directory: undoDirectory };
