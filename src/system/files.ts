import { randomBytes } from 'node:crypto';
import { access, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from './errors.ts';

/**
 * Replaces a file so that a reader, or a crash at any line, sees the old content or the new one, never a part:
 * written beside it, synced, renamed over it, and the directory synced (rename(2), fsync(2)).
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes a rename or creation in `path` survive a power cut (fsync(2), NOTES). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The file's text, or `undefined` when there is none; other errors are thrown. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Whether the path leads to something that this process may see; a broken link leads to nothing. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is an entry of this name, be it a link that leads nowhere. What can't be told is thrown. */
export async function hasEntry(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** Anything that checks unknown data and gives a type: a zod schema does. */
export interface Parser<T> {
  parse(data: unknown): T;
}

/** Reads and checks a JSON file of ours; `undefined` when absent. A damaged one is a UserError that names it. */
export async function readJson<T>(path: string, parser: Parser<T>): Promise<T | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return parser.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('state-damaged', `${path} can't be read: ${(cause as Error).message}`, {
      cause,
      nextSteps: ['Put the file back from a backup, or run `logos reset` and then `logos provide` to start anew.'],
    });
  }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}
