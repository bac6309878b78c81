import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

const cutSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** What deviated, in words. */
  because: z.array(z.string()),
  /** A second look found it again: the chain is to be told, also by a guard that starts later. */
  confirmed: z.boolean().optional(),
});
/** That this host cut itself off, and why. */
export type Cut = z.output<typeof cutSchema>;

/** The cut that stands, if one does. A record that can't be read is one that stands. */
export async function readCut(home: Home): Promise<Cut | undefined> {
  try {
    return await readJson(cutFile(home), cutSchema);
  } catch {
    return { at: new Date(0).toISOString(), because: ['the record of it is damaged'] };
  }
}

export async function saveCut(home: Home, cut: Cut): Promise<void> {
  await writeJson(cutFile(home), cut);
}

/** The cut that stands is of something that lasts. Without a record of a cut nothing is written; throws when that can't be. */
export async function confirmCut(home: Home): Promise<void> {
  const cut = await readJson(cutFile(home), cutSchema);
  if (cut !== undefined && cut.confirmed !== true) await saveCut(home, { ...cut, confirmed: true });
}

/** Only a new join takes a cut back. */
export async function clearCut(home: Home): Promise<void> {
  await rm(cutFile(home), { force: true });
}

function cutFile(home: Home): string {
  return join(home.guard, 'cut.json');
}
