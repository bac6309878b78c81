import { z } from 'zod';
import type { PackedFile } from '../gatekeeper/index.ts';
import { sha256Hex } from '../system/canonical.ts';

/** Every file of the tree that builds a region, roles, playbooks, templates and settings alike, with what it is. */
export type Manifest = Readonly<Record<string, ManifestEntry>>;
export interface ManifestEntry {
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly executable: boolean;
}

export const manifestSchema = z.record(
  z.string().max(512),
  z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/), executable: z.boolean() }),
);

/** What Python writes beside what it runs; Ansible is told not to, and nothing reads it (PYTHONDONTWRITEBYTECODE, engine). */
const LEFT_OUT = /(?:^|\/)__pycache__\//;

/** The manifest of a tree, by path. */
export function manifestOf(files: readonly PackedFile[]): Manifest {
  const kept = files.filter(({ path }) => !LEFT_OUT.test(path));
  const sorted = kept.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return Object.fromEntries(
    sorted.map(({ path, bytes, executable }) => [path, { digest: sha256Hex(bytes), executable }]),
  );
}

/** One thing that is other than the chain names. */
export interface Difference {
  readonly what: 'platform' | 'definition';
  /** A file's path, or a place in the definition such as `/servers/0/address`. */
  readonly where: string;
  readonly how: 'added' | 'changed' | 'removed';
}

/** How a tree differs from the one that was named; empty when not a byte does. */
export function compareManifests(named: Manifest, found: Manifest): Difference[] {
  return compareEntries(
    named,
    found,
    (one, other) => one.digest === other.digest && one.executable === other.executable,
  ).map(([where, how]) => ({ what: 'platform', where, how }));
}

/** How a definition differs from the one that was named, value by value. Both are plain JSON. */
export function compareDefinitions(named: unknown, found: unknown): Difference[] {
  const [before, after] = [leaves(named), leaves(found)];
  return compareEntries(before, after, (one, other) => one === other).map(([where, how]) => ({
    what: 'definition',
    where,
    how,
  }));
}

function compareEntries<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  same: (one: T, other: T) => boolean,
): [string, Difference['how']][] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key): [string, Difference['how']][] => {
    const [one, other] = [
      Object.hasOwn(before, key) ? before[key] : undefined,
      Object.hasOwn(after, key) ? after[key] : undefined,
    ];
    if (one === undefined) return [[key, 'added']];
    if (other === undefined) return [[key, 'removed']];
    return same(one, other) ? [] : [[key, 'changed']];
  });
}

/** Every value that is no map or list, by its path; empty maps and lists are values. */
function leaves(value: unknown, path = ''): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return { [path]: JSON.stringify(value) ?? 'undefined' };
  return Object.assign({}, ...entries.map(([key, inner]) => leaves(inner, `${path}/${key}`))) as Record<string, string>;
}
