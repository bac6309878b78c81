import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { ExternalError } from '../system/errors.ts';
import { readIfPresent, writeFileAtomic } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { inspect } from './inspect.ts';

/** Something that must stay as the chain put it there: a file, or a symbolic link (its target counts, not what it shows). */
export interface Target {
  readonly path: string;
  readonly kind: 'file' | 'link';
}

const owned = { path: z.string().startsWith('/'), uid: z.int().min(0), gid: z.int().min(0) };
const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...owned,
    kind: z.literal('file'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Bytes. */
    size: z.int().min(0),
    /** Permission bits, such as 0o644. */
    mode: z.int().min(0).max(0o7777),
  }),
  z.strictObject({ ...owned, kind: z.literal('link'), target: z.string() }),
]);
/** How one target must be found. */
export type ManifestEntry = z.output<typeof entrySchema>;

const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  entries: z.array(entrySchema).max(10_000),
});
/** Everything that the guard watches, as it was when the chain's configuration had been applied. */
export type Manifest = z.output<typeof manifestSchema>;

const sealedSchema = z.strictObject({ digest: z.string(), manifest: manifestSchema });

/**
 * Takes down how the targets are now. Each path once, sorted.
 * Throws ExternalError `guard-target-unreadable` when one is absent, of another kind, or can't be read.
 */
export async function buildManifest(targets: readonly Target[], now = Date.now()): Promise<Manifest> {
  const byPath = new Map(targets.map((target) => [target.path, target]));
  const entries: ManifestEntry[] = [];
  for (const target of [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const found = await inspect(target.path);
    if (found.kind !== target.kind) {
      const what =
        found.kind === 'unreadable' ? found.reason : `it is ${found.kind === 'absent' ? 'absent' : `a ${found.kind}`}`;
      throw new ExternalError(
        'guard-target-unreadable',
        `${target.path} can't be guarded as a ${target.kind}: ${what}.`,
        {
          nextSteps: ['Run `logos provide` again: it puts the file back and takes it down anew.'],
        },
      );
    }
    if (found.kind === 'file') {
      const { sha256, size, mode, uid, gid } = found;
      entries.push({ path: target.path, kind: 'file', sha256, size, mode, uid, gid });
    } else if (found.kind === 'link') {
      entries.push({ path: target.path, kind: 'link', target: found.target, uid: found.uid, gid: found.gid });
    }
  }
  return { format: 1, createdAt: new Date(now).toISOString(), entries };
}

/** SHA-256 of the manifest's canonical form: what the host reports to say which state it guards. */
export function manifestDigest(manifest: Manifest): string {
  return sha256Hex(canonicalJson(manifest));
}

/** Where the manifest is kept. */
export function manifestPath(home: Pick<Home, 'state'>): string {
  return join(home.state, 'guard-manifest.json');
}

/**
 * Keeps the manifest with its digest. The digest finds damage and careless edits; against someone who may write both, the
 * guard holds the digest that it began with, and the chain is to hold it.
 */
export async function saveManifest(home: Pick<Home, 'state'>, manifest: Manifest): Promise<string> {
  const digest = manifestDigest(manifest);
  await writeFileAtomic(manifestPath(home), `${canonicalJson({ digest, manifest })}\n`, 0o600);
  return digest;
}

/**
 * Takes one target down anew in the manifest that is kept, for whoever has just written it for a good reason. A manifest that
 * is absent or damaged, or does not have the target, stays as it is. Throws as `buildManifest` does.
 */
export async function renewEntry(home: Pick<Home, 'state'>, path: string): Promise<void> {
  const kept = await loadManifest(home);
  if (!kept.ok) return;
  const { entries } = kept.manifest;
  const at = entries.findIndex((entry) => entry.path === path);
  const before = entries[at];
  if (before === undefined) return;
  const [entry] = (await buildManifest([{ path, kind: before.kind }])).entries;
  if (entry === undefined || canonicalJson(entry) === canonicalJson(before)) return;
  await saveManifest(home, { ...kept.manifest, entries: entries.with(at, entry) });
}

export type LoadedManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly digest: string }
  | { readonly ok: false; readonly found: string };

/** Reads the manifest and checks its digest; `found` says what was there instead. */
export async function loadManifest(home: Pick<Home, 'state'>): Promise<LoadedManifest> {
  let text: string | undefined;
  try {
    text = await readIfPresent(manifestPath(home));
  } catch (error) {
    return { ok: false, found: `can't be read: ${(error as Error).message}` };
  }
  if (text === undefined) return { ok: false, found: 'absent' };
  try {
    const { digest, manifest } = sealedSchema.parse(JSON.parse(text));
    const actual = manifestDigest(manifest);
    return actual === digest
      ? { ok: true, manifest, digest }
      : { ok: false, found: `SHA-256 ${actual}, sealed as ${digest}` };
  } catch {
    return { ok: false, found: 'damaged' };
  }
}
