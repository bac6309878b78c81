import { mkdirSync, openSync } from 'node:fs';
import { copyFile, mkdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, readIfPresent } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

/** A log is set aside when it has grown to this; one older part is kept. */
const ROTATE_BYTES = 8 * 1024 * 1024;

export function logFile(home: Home, name: string): string {
  return join(home.logs, `${name}.log`);
}

/** A file descriptor that a child can write to for as long as it lives, whatever happens to its supervisor. */
export function openLog(home: Home, name: string): number {
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  return openSync(logFile(home, name), 'a', 0o600);
}

/**
 * Sets a full log aside as `NAME.log.1`. The writer holds the file open for appending, so it is copied and cut rather
 * than renamed; a line that is written in between is lost.
 */
export async function rotateLog(home: Home, name: string, limit = ROTATE_BYTES): Promise<void> {
  const path = logFile(home, name);
  try {
    if ((await stat(path)).size < limit) return;
    await copyFile(path, `${path}.1`);
    await truncate(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** The last lines of a service's log, oldest first. */
export async function lastLogLines(home: Home, name: string, count: number): Promise<string[]> {
  await mkdir(home.logs, { recursive: true, mode: 0o700 });
  const text = `${(await readIfPresent(`${logFile(home, name)}.1`)) ?? ''}${(await readIfPresent(logFile(home, name))) ?? ''}`;
  return text.split('\n').filter(Boolean).slice(-count);
}
