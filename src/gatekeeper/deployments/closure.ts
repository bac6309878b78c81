import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { type ArchivedFile, packArchive, readArchive } from '../documents/index.ts';
import { DECLARATION_FILE, type Declaration, parseDeclaration } from './declaration.ts';
import { compare } from './finding.ts';

/** The file of an archive that lists all others; packing makes it. */
export const MANIFEST_FILE = 'closure.json';

/** What hosts fetch and hold in memory whole. */
export const CLOSURE_LIMITS = { bytes: 32 * 1024 * 1024, files: 4_096 };

const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  target: z.string(),
  files: z.array(z.strictObject({ path: z.string(), digest: z.string(), size: z.number(), executable: z.boolean() })),
});
/** Each file of a closure with its SHA-256. */
export type ClosureManifest = z.output<typeof manifestSchema>;

class Packed {
  readonly #stage = 'closure';
  /** The archive: what is stored, fetched and hashed. */
  readonly archive: Uint8Array;
  /** SHA-256 of the archive: what the chain names. */
  readonly digest: string;
  readonly declaration: Declaration;
  readonly manifest: ClosureManifest;
  /** By path, without the manifest. */
  readonly files: ReadonlyMap<string, ArchivedFile>;

  constructor(
    archive: Uint8Array,
    declaration: Declaration,
    manifest: ClosureManifest,
    files: readonly ArchivedFile[],
  ) {
    this.archive = archive;
    this.digest = sha256Hex(archive);
    this.declaration = declaration;
    this.manifest = manifest;
    this.files = new Map(files.map((file) => [file.path, file]));
    Object.freeze(this);
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'closure';
  }
}

/** All that a deployment consists of, in one archive whose SHA-256 the chain names. Only this file's functions make one. */
export type Closure = Packed;

export function isClosure(value: unknown): value is Closure {
  return Packed.is(value);
}

/**
 * Packs the files of a directory: sorted, without times and owners, with a manifest of their digests. The same files give the
 * same bytes. Throws UserError `document-…` for what no archive may hold, `deployment-malformed` without a deployment.yaml,
 * and DocumentFault for one that can't be read.
 */
export function packClosure(files: readonly ArchivedFile[]): Closure {
  if (files.some(({ path }) => path === MANIFEST_FILE))
    throw malformed(`${MANIFEST_FILE} is made by packing: remove it`);
  const sorted = files.toSorted((a, b) => compare(a.path, b.path));
  const declaration = declarationOf(sorted);
  const manifest = manifestOf(declaration, sorted);
  const bytes = Buffer.from(canonicalJson(manifest));
  const archive = packArchive([...sorted, { path: MANIFEST_FILE, executable: false, bytes }]);
  readArchive(archive, CLOSURE_LIMITS);
  return new Packed(archive, declaration, manifest, sorted);
}

/**
 * Opens an archive that somebody else packed. Its manifest must list exactly the files that are in it, with their digests, and
 * packing them again must give the same bytes: so there is one archive for a set of files, and no file comes from another
 * version. Throws as `packClosure` does, and UserError `closure-inconsistent` (exit code 3).
 */
export function openClosure(archive: Uint8Array): Closure {
  const entries = readArchive(archive, CLOSURE_LIMITS);
  const listed = entries.find(({ path }) => path === MANIFEST_FILE);
  if (listed === undefined) throw inconsistent(`it has no ${MANIFEST_FILE}`);
  const files = entries.filter(({ path }) => path !== MANIFEST_FILE);
  const manifest = readManifest(listed.bytes);
  for (const { path, digest } of manifest.files) {
    const file = files.find((it) => it.path === path);
    if (file === undefined) throw inconsistent(`${path} is listed and not in it`);
    if (sha256Hex(file.bytes) !== digest) throw inconsistent(`${path} is not the file that is listed`);
  }
  const odd = files.find(({ path }) => !manifest.files.some((it) => it.path === path));
  if (odd !== undefined) throw inconsistent(`${odd.path} is in it and not listed`);
  const again = packClosure(files);
  if (Buffer.compare(again.archive, archive) !== 0) throw inconsistent('it is not as packing its files makes it');
  return again;
}

function readManifest(bytes: Uint8Array): ClosureManifest {
  try {
    return manifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw inconsistent(`its ${MANIFEST_FILE} can't be read`, cause);
  }
}

function declarationOf(files: readonly ArchivedFile[]): Declaration {
  const declared = files.find(({ path }) => path === DECLARATION_FILE);
  if (declared === undefined) throw malformed(`it has no ${DECLARATION_FILE}`);
  return parseDeclaration(declared.bytes);
}

function manifestOf({ name, version, target }: Declaration, files: readonly ArchivedFile[]): ClosureManifest {
  const listed = files.map(({ path, bytes, executable }) => ({
    path,
    digest: sha256Hex(bytes),
    size: bytes.length,
    executable,
  }));
  return { format: 1, name, version, target, files: listed };
}

function malformed(why: string): UserError {
  return new UserError('deployment-malformed', `This is no deployment: ${why}.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['See docs/deploy.md for what a deployment consists of.'],
  });
}

function inconsistent(why: string, cause?: unknown): UserError {
  return new UserError('closure-inconsistent', `The archive of the deployment is refused: ${why}.`, {
    cause,
    exitCode: ExitCode.refused,
    nextSteps: ['Have its author propose it again with `logos deploy propose`.'],
  });
}
