import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, constants, copyFile, open, rename, rm } from 'node:fs/promises';
import { isErrno } from '../../system/files.ts';
import type { ArtifactReference } from '../types.ts';
import { CHUNK_BYTES, ChunkCutter, type ChunkManifest, ManifestBuilder } from './chunks.ts';
import { type ArtifactLimits, requireAllowedSize } from './limits.ts';
import type { PartialFile } from './partial.ts';

/** What a file really holds; `undefined` when there is none. */
export async function contentOf(path: string): Promise<ArtifactReference | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK_BYTES);
  let size = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), size };
}

/** Copies a file into a partial one, chunk by chunk; the file may grow meanwhile, but not over the limit. */
export async function copyInto(partial: PartialFile, file: string, limits: ArtifactLimits): Promise<ChunkManifest> {
  const builder = new ManifestBuilder();
  const take = async (chunk: Uint8Array): Promise<void> => {
    requireAllowedSize(builder.size + chunk.length, limits);
    await partial.write(chunk, builder.size);
    builder.add(chunk);
  };
  const cutter = new ChunkCutter();
  for await (const bytes of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    for (const chunk of cutter.push(bytes as Uint8Array)) await take(chunk);
  }
  const rest = cutter.rest();
  if (rest !== undefined) await take(rest);
  return builder.finish();
}

/** Writes an artefact to a path of the user's, whole or not at all. */
export async function copyArtifact(artifact: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await copyFile(artifact, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await chmod(temporary, 0o644);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
