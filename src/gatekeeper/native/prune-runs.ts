import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a run's files and log are kept: far beyond the time in which anybody would look for them. */
const KEPT_MS = 90 * 24 * 3_600_000;

/** Marks a run as begun: for good, since an operation on chain may name the same command at any later time. */
export const BEGUN = 'begun';

/**
 * Removes what runs left that began more than 90 days before `now` (milliseconds since 1970), but for the mark that they
 * began. What can't be removed stays.
 */
export async function pruneRuns(directory: string, now: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const path of names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => join(directory, name))) {
    const begun = await stat(join(path, BEGUN)).catch(() => undefined);
    if (begun === undefined || now - begun.mtimeMs <= KEPT_MS) continue;
    for (const name of await readdir(path).catch(() => []))
      if (name !== BEGUN) await rm(join(path, name), { recursive: true, force: true }).catch(() => {});
  }
}
