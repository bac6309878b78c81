import { tryKernelLock } from '../../system/kernel-lock.ts';
import { type FoundFile, filesIn, isDigest, type Layout, manifestOwner, removeFile } from './layout.ts';
import { leased } from './lease.ts';

export interface CollectOptions {
  /** Digests that must stay, whatever their age: what the chain names. */
  roots: ReadonlySet<string>;
  /** What is younger than this stays, milliseconds: who had it made may be about to name it. Default an hour. */
  graceMs?: number;
  /** Say what would go and remove nothing. */
  dryRun?: boolean;
}

export interface Collected {
  removed: { digest: string; size: number }[];
  /** How many artefacts stay. */
  kept: number;
  /** Leftovers of writers that ended. */
  leftovers: number;
  /** Bytes. */
  freed: number;
}

const GRACE_MS = 3_600_000;

/**
 * Removes what neither the chain names, nor is pinned, nor in use, nor new. Each artefact goes in one step, its bytes
 * before its manifest, so that a crash in between leaves nothing that looks whole and is not.
 */
export async function collect(layout: Layout, options: CollectOptions): Promise<Collected> {
  const { roots, graceMs = GRACE_MS, dryRun = false } = options;
  const result: Collected = { removed: [], kept: 0, leftovers: 0, freed: 0 };
  const remove = async ({ path, occupied }: FoundFile): Promise<void> => {
    if (!dryRun) await removeFile(path);
    result.freed += occupied;
  };
  const store = await layout.lock();
  try {
    const pinned = (await filesIn(layout.pins)).map(({ name }) => name);
    const needed = new Set([...roots, ...pinned, ...(await leased(layout))]);
    const oldest = Date.now() - graceMs;
    const files = await filesIn(layout.root);
    for (const file of files.filter(({ name }) => isDigest(name))) {
      if (needed.has(file.name) || file.modified > oldest) {
        result.kept += 1;
        continue;
      }
      await remove(file);
      result.removed.push({ digest: file.name, size: file.size });
      const manifest = files.find(({ name }) => manifestOwner(name) === file.name);
      if (manifest !== undefined) await remove(manifest);
    }
    const present = new Set(files.map(({ name }) => name));
    const orphan = ({ name }: FoundFile): boolean => {
      const owner = manifestOwner(name);
      return name.endsWith('.tmp') || (owner !== undefined && !present.has(owner));
    };
    // A manifest is written a moment before its artefact has its name, so these too must have some age.
    for (const file of files.filter((one) => one.modified <= oldest && orphan(one))) {
      await remove(file);
      result.leftovers += 1;
    }
    for (const file of await filesIn(layout.partial)) {
      const lock = file.modified > oldest ? undefined : await tryKernelLock(file.path);
      if (lock === undefined) continue;
      await remove(file);
      lock.release();
      result.leftovers += 1;
    }
    return result;
  } finally {
    store.release();
  }
}
