import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';

const schema = z.object({ uuid: z.string(), line: z.string(), bootMs: z.number() });

/** What a guest said when it was up. */
export type ReadyDvm = z.infer<typeof schema>;

/**
 * Which guests have said that they are up. A process killed while a guest boots leaves one that runs and was never heard:
 * only a guest written down here counts as started.
 */
export async function rememberReady(home: Home, name: string, ready: ReadyDvm): Promise<void> {
  await writeJson(file(home, name), ready);
}

export async function readyDvm(home: Home, name: string, uuid: string): Promise<ReadyDvm | undefined> {
  const ready = await readJson(file(home, name), schema);
  return ready?.uuid === uuid ? ready : undefined;
}

export async function forgetReady(home: Home, name: string): Promise<void> {
  await rm(file(home, name), { force: true });
}

/** Names are checked before they get here (labels of the contract): they can't leave the directory. */
function file(home: Home, name: string): string {
  return join(home.state, 'dvms', `${name}.json`);
}
