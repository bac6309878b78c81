import { chmod, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasEntry, isErrno } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { Journal } from '../system/journal.ts';

interface HomeBefore {
  /** The highest directory that had to be made, or null when LOGOS_HOME was there. */
  created: string | null;
  /** What the directory held before us: not ours to remove. */
  entries: string[];
}

/** Makes LOGOS_HOME and its rooms. Everybody may pass through to the status socket; keys, state and journal are the owner's. */
export async function prepareHome(home: Home, journal: Journal): Promise<void> {
  if (!(await journal.find('home', home.root))) {
    const created = await firstMissing(home.root);
    const entries = created === null ? (await readdir(home.root)).sort() : [];
    await journal.record({ kind: 'home', target: home.root, before: { created, entries } });
  }
  await chmod(home.root, 0o755);
  for (const directory of [home.state, home.keys, home.artifacts, home.chain, home.gatekeeper, home.logs]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  await mkdir(home.run, { recursive: true, mode: 0o755 });
}

/** Removes what this program put into LOGOS_HOME, and the directory itself where it made it. The journal goes with it, so this comes last. */
export async function removeHome(home: Home, journal: Journal): Promise<void> {
  const change = await journal.find('home', home.root);
  if (!change) return;
  const before = change.before as unknown as HomeBefore;
  const kept = new Set(before.entries);
  const entries = await readdir(home.root);
  // The journal last: until everything else is gone, it is what a second run would need.
  const journalName = home.journal.slice(home.root.length + 1);
  for (const entry of [...entries.filter((name) => name !== journalName), journalName]) {
    if (!kept.has(entry)) await rm(join(home.root, entry), { recursive: true, force: true });
  }
  if (before.created === null) return;
  for (let path = home.root; path.length >= before.created.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'ENOENT')) return;
      throw error;
    }
  }
}

async function firstMissing(path: string): Promise<string | null> {
  if (await hasEntry(path)) return null;
  const parent = dirname(path);
  return (await firstMissing(parent)) ?? path;
}
