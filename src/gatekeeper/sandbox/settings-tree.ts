import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shown } from '../../system/sandbox/programs.ts';

/** A name in a directory, and who may read what is there. */
export type Entry =
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly open: boolean }
  | { readonly kind: 'directory'; readonly path: string; readonly open: boolean; readonly entries: readonly Entry[] };

/**
 * What of a tree everybody may read, as few paths as say it: a directory stands for all below it only if nothing there is
 * closed. Files with keys and passwords are what their owners closed, wherever a program keeps them.
 */
export function openParts(entry: Entry): Shown[] {
  if (entry.kind === 'link') return [{ path: entry.path, target: entry.target }];
  if (!entry.open) return [];
  if (entry.kind === 'file' || isOpenThroughout(entry)) return [{ path: entry.path }];
  return entry.entries.flatMap(openParts);
}

function isOpenThroughout(entry: Entry): boolean {
  if (entry.kind === 'link') return true;
  return entry.open && (entry.kind === 'file' || entry.entries.every(isOpenThroughout));
}

/** Reads a tree without following links. What is neither file, directory nor link, or went away meanwhile, counts as closed. */
export async function readTree(path: string): Promise<Entry> {
  const closed: Entry = { kind: 'file', path, open: false };
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return closed;
  if (found.isSymbolicLink()) {
    const target = await readlink(path).catch(() => undefined);
    return target === undefined ? closed : { kind: 'link', path, target };
  }
  if (found.isFile()) return { kind: 'file', path, open: (found.mode & 0o004) !== 0 };
  if (!found.isDirectory() || (found.mode & 0o005) !== 0o005) return closed;
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return closed;
  return {
    kind: 'directory',
    path,
    open: true,
    entries: await Promise.all(names.sort().map((it) => readTree(join(path, it)))),
  };
}
