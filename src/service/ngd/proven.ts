import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { rulesSchema } from '../rules.ts';
import { wantedSchema } from './wanted.ts';

const provenSchema = z.object({
  rules: rulesSchema,
  wanted: wantedSchema.optional(),
  /** When it was proven, milliseconds since 1970. */
  at: z.number(),
  /** Digest of the rules that this host was last seen to have in force. */
  held: z.string().optional(),
});
/** What the chain was last proven to say. */
export type Proven = z.output<typeof provenSchema>;

/** What an earlier run kept; `undefined` where there is none that can be read: the chain is asked anyway. */
export async function readProven(home: Home): Promise<Proven | undefined> {
  return readJson(provenFile(home), provenSchema).catch(() => undefined);
}

/** Kept, so that a guard that starts while nobody answers still knows the rules. */
export async function saveProven(home: Home, proven: Proven): Promise<void> {
  await writeJson(provenFile(home), proven);
}

/** For who applies the rules anew: what was proven before may be of others than are in force from now on. */
export async function forgetProven(home: Home): Promise<void> {
  await rm(provenFile(home), { force: true });
}

function provenFile(home: Home): string {
  return join(home.guard, 'proven.json');
}
