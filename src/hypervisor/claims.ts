import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../system/files.ts';
import { type DvmDefinition, definitionSchema } from './definitions.ts';

const SUFFIX = '.dvm.json';
const claimSchema = z.object({ host: z.string().min(1), definition: definitionSchema });

/** Which host runs a DVM of a shared storage, and what it is: all that another host needs when that one is lost. */
export type Claim = z.infer<typeof claimSchema>;

/** Every claim on a shared storage. Throws where the directory can't be read: the storage is not there. */
export async function readClaims(directory: string): Promise<Claim[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(SUFFIX)).sort();
  const found = await Promise.all(files.map((file) => readJson(join(directory, file), claimSchema)));
  return found.filter((one) => one !== undefined);
}

/** Whose a DVM is; undefined for one that is on no shared storage, or that nobody claims. */
export async function claimantOf({ name, uuid, shared }: DvmDefinition): Promise<string | undefined> {
  if (shared === undefined) return undefined;
  const claim = await readJson(join(shared, `${name}${SUFFIX}`), claimSchema);
  return claim?.definition.uuid === uuid ? claim.host : undefined;
}

/** Says that this host runs it, in place of whoever did. To be called before it is started there. */
export async function claim(host: string, definition: DvmDefinition): Promise<void> {
  if (definition.shared === undefined) return;
  await writeJson(join(definition.shared, `${definition.name}${SUFFIX}`), { host, definition });
}

/** Takes back this host's own claim. */
export async function unclaim(host: string, definition: DvmDefinition): Promise<void> {
  if (definition.shared === undefined || (await claimantOf(definition)) !== host) return;
  await rm(join(definition.shared, `${definition.name}${SUFFIX}`), { force: true });
}
