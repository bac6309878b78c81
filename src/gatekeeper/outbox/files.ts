import { readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../system/files.ts';
import { readWaiting } from './waiting.ts';

const NAME = /^([0-9a-f]{64})\.json$/;

/** A request of an outbox from before there was a database: its id, the JSON, and since when it waits. */
export interface OldWaiting {
  readonly id: string;
  readonly text: string;
  readonly since: string;
}

/**
 * What waits in a directory of files, oldest first. A damaged file (its content is not what its name says) is set aside
 * there as `.damaged`.
 */
export async function readOldOutbox(directory: string): Promise<OldWaiting[]> {
  const found: OldWaiting[] = [];
  for (const id of await idsIn(directory)) {
    const path = join(directory, `${id}.json`);
    const text = await readFile(path, 'utf8');
    const waiting = readWaiting(id, text);
    if (waiting === undefined) await rename(path, join(directory, `${id}.damaged`));
    else found.push({ id, text, since: waiting.since });
  }
  return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

/** Removes what was taken over, and the directory unless something is left for someone to look into. */
export async function removeOldOutbox(directory: string, taken: readonly OldWaiting[]): Promise<void> {
  for (const { id } of taken) await rm(join(directory, `${id}.json`), { force: true });
  await rmdir(directory).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].some((code) => isErrno(error, code))) throw error;
  });
}

async function idsIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
