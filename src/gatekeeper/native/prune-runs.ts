import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a run's files and log are kept: far beyond the deadline of any operation, which nothing would run again. */
const KEPT_MS = 90 * 24 * 3_600_000;

/** Removes runs that began more than 90 days before `now` (milliseconds since 1970). What can't be removed stays. */
export async function pruneRuns(directory: string, now: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const path of names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => join(directory, name))) {
    const begun = await stat(join(path, 'begun')).catch(() => undefined);
    if (begun !== undefined && now - begun.mtimeMs > KEPT_MS)
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
