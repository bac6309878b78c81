import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asset, assetText } from '../system/assets.ts';
import { sha256Hex } from '../system/canonical.ts';
import { Bug } from '../system/errors.ts';

const file = z.string().regex(/^[a-z0-9-]+(\/[a-z0-9.-]+)*$/);
const value = z.union([
  z.strictObject({ inline: file, mediaType: z.string().default('application/json') }),
  z.strictObject({ artifact: file, mediaType: z.string().default('application/json') }),
]);
const place = { group: z.string(), layer: z.number().int().min(0).max(3) };
const schema = z.strictObject({
  version: z.literal(1),
  region: z.string(),
  admissionTemplate: z.string(),
  contracts: z.array(
    z.strictObject({
      contract: z.enum(['deployment', 'lease', 'operation', 'placement', 'privacy']),
      section: z.string(),
      ...place,
    }),
  ),
  sections: z.array(z.strictObject({ section: z.string(), ...place, values: z.record(z.string(), value) })),
});

/** The contracts and values that a chain is given: the file chain/seed/seed.json. */
export type Seed = z.infer<typeof schema>;

/** Reads a file of the seed: one of chain/seed, or a reference library. */
export type SeedReader = (name: string) => Uint8Array;

export const readSeedFile: SeedReader = (name) => asset(name.startsWith('libraries/') ? name : `chain/seed/${name}`);

export function parseSeed(text: string): Seed {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Bug(`chain/seed/seed.json: ${z.prettifyError(parsed.error)}`, parsed.error);
  return parsed.data;
}

export function builtInSeed(): Seed {
  return parseSeed(assetText('chain/seed/seed.json'));
}

/** Names of the seed files that the chain knows by hash only, so that the program must carry them. */
export function builtInArtifactFiles(seed: Seed): string[] {
  const values = seed.sections.flatMap((section) => Object.values(section.values));
  return values.flatMap((entry) => ('artifact' in entry ? [entry.artifact] : []));
}

/** One hash for all that a seed says, its files included. */
export function seedFingerprint(seed: Seed, read: SeedReader): string {
  const hash = createHash('sha256').update(JSON.stringify(seed));
  for (const section of seed.sections) {
    for (const entry of Object.values(section.values)) {
      hash.update(sha256Hex(read('inline' in entry ? entry.inline : entry.artifact)));
    }
  }
  return hash.digest('hex');
}
