import { statfs } from 'node:fs/promises';
import { diskReserve, storeFull, tooLarge } from './errors.ts';
import { filesIn, type Layout } from './layout.ts';

export interface ArtifactLimits {
  /** Bytes that one artefact may have. */
  artifactBytes: number;
  /** Bytes that all artefacts and downloads under way may have together. */
  storeBytes: number;
  /** Bytes that the store leaves free on its disk. */
  reserveBytes: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: ArtifactLimits = {
  artifactBytes: 4_096 * MIB,
  storeBytes: 20_480 * MIB,
  reserveBytes: 256 * MIB,
};

/** Throws UserError `artifact-too-large`. */
export function requireAllowedSize(size: number, limits: ArtifactLimits): void {
  if (size > limits.artifactBytes) throw tooLarge(size, limits.artifactBytes);
}

/**
 * Makes sure that `needed` more bytes fit. A download under way counts with its whole size, because its file has that
 * length from the first moment on. Call it under the store's lock. Throws UserError `artifact-store-full` or `disk-full`.
 */
export async function requireSpace(layout: Layout, needed: number, limits: ArtifactLimits): Promise<void> {
  const partial = await filesIn(layout.partial);
  const files = [...(await filesIn(layout.root)), ...partial];
  const used = files.reduce((sum, { size }) => sum + size, 0);
  if (used + needed > limits.storeBytes) throw storeFull(needed, used, limits.storeBytes);
  const { bavail, bsize } = await statfs(layout.root);
  const promised = partial.reduce((sum, { size, occupied }) => sum + Math.max(0, size - occupied), 0);
  const free = bavail * bsize - promised;
  if (free - needed < limits.reserveBytes)
    throw diskReserve(layout.root, needed, Math.max(0, free), limits.reserveBytes);
}
