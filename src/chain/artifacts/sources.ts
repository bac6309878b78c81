import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../system/canonical.ts';
import { isErrno } from '../../system/files.ts';
import { builtInArtifactFiles, builtInSeed, readSeedFile } from '../seed.ts';
import type { ArtifactReference } from '../types.ts';
import { corrupt, digestInvalid } from './errors.ts';
import { isDigest } from './layout.ts';

/** One place on this machine to look for an artifact; `undefined` where it does not have it. */
export type Source = (digest: string) => Promise<Uint8Array | undefined>;

/** A reference that can name an artifact at all; throws ExternalError `artifact-corrupt`. */
export function checkReference({ digest, size }: ArtifactReference): void {
  if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0) {
    throw corrupt(digest, 'the reference itself is not valid');
  }
}

/** Throws UserError `artifact-digest-invalid`. */
export function requireDigest(digest: string): void {
  if (!isDigest(digest)) throw digestInvalid(digest);
}

/** In which way the bytes are not what the reference says; `undefined` when they are. */
export function difference(bytes: Uint8Array, { digest, size }: ArtifactReference): string | undefined {
  const found = sha256Hex(bytes);
  if (found !== digest) return `its SHA-256 is ${found}`;
  return bytes.length === size ? undefined : `it has ${bytes.length} bytes, not ${size}`;
}

/** A directory whose files are named by their SHA-256. */
export function directorySource(directory: string): Source {
  return async (digest) => {
    try {
      return await readFile(join(directory, digest));
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  };
}

/** What the program carries itself: the files that the seed of a development chain names by hash. */
export const builtInSource: Source = async (digest) =>
  builtInArtifactFiles(builtInSeed())
    .map(readSeedFile)
    .find((bytes) => sha256Hex(bytes) === digest);
