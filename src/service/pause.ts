import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';

/** Whether the owner has paused this host; kept, so that a restart does not undo it. */
export async function isPaused(home: Home): Promise<boolean> {
  return (await readIfPresent(file(home))) !== undefined;
}

export async function setPaused(home: Home, paused: boolean): Promise<void> {
  if (paused) await writeJson(file(home), { since: new Date().toISOString() });
  else await rm(file(home), { force: true });
}

function file(home: Home): string {
  return join(home.state, 'paused.json');
}
