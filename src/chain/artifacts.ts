import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../system/canonical.ts';
import { ExternalError, UserError } from '../system/errors.ts';
import { isErrno, writeFileAtomic } from '../system/files.ts';
import { builtInArtifactFiles, builtInSeed, readSeedFile } from './seed.ts';
import type { ArtifactReference } from './types.ts';

/** Files that the chain names by hash. */
export interface ArtifactStore {
  /**
   * The bytes that the reference names, checked each time, wherever they come from.
   * Throws UserError `artifact-missing` or ExternalError `artifact-corrupt`.
   */
  fetch(reference: ArtifactReference): Promise<Uint8Array>;
}

const MAX_ARTIFACT_BYTES = 64 * 1024 * 1024;

/** One place to look for an artifact; `undefined` where it does not have it. */
type Source = (digest: string) => Promise<Uint8Array | undefined>;

/** Opens the cache in `directory`. `sources` are directories whose files are named by their SHA-256; the built-in files come last. */
export function openArtifacts(directory: string, sources: readonly string[] = []): ArtifactStore {
  const places: Source[] = [...[directory, ...sources].map(directorySource), builtInSource];
  return {
    fetch: async (reference) => {
      checkReference(reference);
      let damage: string | undefined;
      for (const [index, place] of places.entries()) {
        const bytes = await place(reference.digest);
        const wrong = bytes === undefined ? undefined : difference(bytes, reference);
        damage ??= wrong;
        if (bytes === undefined || wrong !== undefined) continue;
        // A damaged copy in the cache is replaced here by the good one.
        if (index > 0) await writeFileAtomic(join(directory, reference.digest), bytes);
        return bytes;
      }
      if (damage !== undefined) throw corrupt(reference.digest, damage);
      throw missing(reference.digest);
    },
  };
}

function checkReference({ digest, size }: ArtifactReference): void {
  if (!/^[0-9a-f]{64}$/.test(digest) || !Number.isSafeInteger(size) || size < 0 || size > MAX_ARTIFACT_BYTES) {
    throw corrupt(digest, 'the reference itself is not valid');
  }
}

/** In which way the bytes are not what the reference says; `undefined` when they are. */
function difference(bytes: Uint8Array, { digest, size }: ArtifactReference): string | undefined {
  const found = sha256Hex(bytes);
  if (found !== digest) return `its SHA-256 is ${found}`;
  return bytes.length === size ? undefined : `it has ${bytes.length} bytes, not ${size}`;
}

function directorySource(directory: string): Source {
  return async (digest) => {
    try {
      return await readFile(join(directory, digest));
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  };
}

const builtInSource: Source = async (digest) =>
  builtInArtifactFiles(builtInSeed())
    .map(readSeedFile)
    .find((bytes) => sha256Hex(bytes) === digest);

function corrupt(digest: string, why: string): ExternalError {
  return new ExternalError(
    'artifact-corrupt',
    `The artifact ${digest.slice(0, 64)} is not what the chain says: ${why}.`,
    {
      nextSteps: [
        'Remove the copy that is damaged, or give a source with an intact one.',
        'Nothing was applied from it.',
      ],
    },
  );
}

function missing(digest: string): UserError {
  return new UserError('artifact-missing', `The artifact ${digest} that the chain names is nowhere to be found.`, {
    nextSteps: ['Update logos, or give a directory that has the file, named by its SHA-256.'],
  });
}
