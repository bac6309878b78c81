import { type Deviation, loadManifest, manifestPath } from '../../guard/index.ts';
import type { Home } from '../../system/home.ts';
import { requiredFiles } from './guarded-files.ts';

/**
 * What must be in the manifest whoever wrote it: one that guards less than the chain put here would find all intact. Whether
 * those files are the chain's is compared with its final state (chain-rules.ts).
 */
export async function manifestDeviations(home: Home): Promise<Deviation[]> {
  const kept = await loadManifest(home);
  // That one is absent or damaged is found at each look.
  if (!kept.ok) return [];
  const guarded = new Set(kept.manifest.entries.map(({ path, kind }) => `${kind} ${path}`));
  return (await requiredFiles(home))
    .filter(({ path, kind }) => !guarded.has(`${kind} ${path}`))
    .map(({ path }) => ({ target: manifestPath(home), expected: `${path} in it`, found: 'not in it' }));
}
