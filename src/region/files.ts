import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { PackedFile } from '../gatekeeper/index.ts';
import { readJson, writeFileAtomic, writeJson } from '../system/files.ts';
import type { RegionDefinition } from './definition.ts';
import { type GuestImage, inventoryOf, knownHostsText, type RegionPaths, valuesOf } from './inventory.ts';
import { completeSecrets, type Secrets } from './secrets.ts';

/** Where the files of a region are below the directory of all regions. */
export function regionPaths(
  regions: string,
  name: string,
): RegionPaths & {
  readonly tree: string;
  readonly ansibleHome: string;
  readonly temporary: string;
  readonly applied: string;
} {
  const root = join(regions, name);
  const at = (file: string) => join(root, file);
  return {
    root,
    tree: at('tree'),
    ansibleHome: at('ansible'),
    temporary: at('tmp'),
    knownHosts: at('known_hosts'),
    inventory: at('inventory.json'),
    values: at('values.json'),
    secrets: at('secrets.json'),
    state: at('state.json'),
    lock: at('lock'),
    logs: at('logs'),
    snapshots: at('snapshots'),
    kept: at('kept'),
    applied: at('applied'),
  };
}

/** Makes the region's directories, for its owner alone. */
export async function prepareDirectories(paths: ReturnType<typeof regionPaths>): Promise<void> {
  for (const path of [paths.root, paths.logs, paths.snapshots, paths.applied, paths.kept, paths.temporary])
    await mkdir(path, { recursive: true, mode: 0o700 });
}

/** The region's secrets; missing ones are made, and on disk before this returns. */
export async function keepSecrets(file: string): Promise<Secrets> {
  const known = await readJson(file, z.record(z.string(), z.string()));
  const all = completeSecrets(known);
  if (Object.keys(all).length !== Object.keys(known ?? {}).length) await writeJson(file, all);
  return all;
}

/**
 * Lays out what a run works on: the tree, byte for byte what was compared with the chain, where nobody else can write, and
 * inventory, values and pinned keys. Gives what was written.
 */
export async function layOut(
  paths: ReturnType<typeof regionPaths>,
  definition: RegionDefinition,
  files: readonly PackedFile[],
  { identity, guest }: { identity?: string; guest?: GuestImage },
) {
  await prepareDirectories(paths);
  const secrets = await keepSecrets(paths.secrets);
  const inventory = inventoryOf(definition, { knownHosts: paths.knownHosts, identity });
  const values = valuesOf(definition, secrets, { kept: paths.kept, guest });
  await writeFileAtomic(paths.knownHosts, knownHostsText(definition));
  await writeJson(paths.inventory, inventory);
  await writeJson(paths.values, values);
  for (const path of [paths.tree, paths.ansibleHome]) await rm(path, { recursive: true, force: true });
  await mkdir(paths.ansibleHome, { mode: 0o700 });
  for (const { path, bytes, executable } of files) {
    const target = join(paths.tree, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, bytes, { mode: executable ? 0o700 : 0o600 });
  }
  return { inventory, values, secrets: Object.values(secrets) };
}
