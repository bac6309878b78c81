import { createCipheriv, createHash } from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../../system/files.ts';
import { pageMemory } from './link-kernel.ts';
import type { Plot } from './messages.ts';
import { digest } from './seed.ts';

/**
 * One unit of a plot. Each pass of CBC needs the whole of the one before, from its other end: nothing short of the unit
 * itself, kept whole, saves the work of making it anew; and it looks random, so no disk stores it in less.
 */
export function plotUnit({ seed, unitKiB, passes }: Omit<Plot, 'units'>, index: number): Buffer {
  let unit: Buffer = Buffer.alloc(unitKiB * 1024);
  for (let pass = 0; pass < passes; pass++) {
    const key = digest('logos-plot-1', seed, String(index), String(pass));
    unit = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false).update(unit);
    unit.reverse();
  }
  return unit;
}

/** Fills an empty file with a plot, has it on the disk, and closes it. `onUnit`: after each. Throws what the file system does. */
export async function fillPlot(
  file: FileHandle,
  plot: Plot,
  { signal, onUnit = () => {} }: { signal?: AbortSignal; onUnit?: (done: number) => void } = {},
): Promise<void> {
  try {
    for (let index = 0; index < plot.units; index++) {
      signal?.throwIfAborted();
      await file.writeFile(plotUnit(plot, index));
      onUnit(index + 1);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Where the first read of a round is, and where the one after a digest is. */
export function nextUnit(before: string, units: number): number {
  return Number(BigInt(`0x${before.slice(0, 32)}`) % BigInt(units));
}

/** What a read gives: nobody can know it before the round. Hexadecimal. */
export function readDigest(seed: string, hop: number, unit: Uint8Array): string {
  return createHash('sha256')
    .update(digest(seed, String(hop)))
    .update(unit)
    .digest('hex');
}

/**
 * Reads a plot at places that each read decides anew, past the page cache where the file system can. Throws what the file system does.
 */
export async function readPlot(path: string, seed: string, plot: Plot, hops: number): Promise<string[]> {
  const file = await openDirect(path);
  try {
    const bytes = plot.unitKiB * 1024;
    const unit = pageMemory(bytes);
    const digests: string[] = [];
    for (let hop = 0, before = seed; hop < hops; hop++) {
      const { bytesRead } = await file.read(unit, 0, bytes, nextUnit(before, plot.units) * bytes);
      before = readDigest(seed, hop, unit.subarray(0, bytesRead));
      digests.push(before);
    }
    return digests;
  } finally {
    await file.close();
  }
}

async function openDirect(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECT);
  } catch (error) {
    // File systems in memory know no direct reads.
    if (isErrno(error, 'EINVAL')) return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    throw error;
  }
}

/** Makes some of the units that a round read anew. Gives the first hop that was answered wrongly. */
export function wrongHop(
  seed: string,
  plot: Plot,
  digests: readonly string[],
  hops: readonly number[],
): number | undefined {
  return hops.find((hop) => {
    const index = nextUnit(hop === 0 ? seed : (digests[hop - 1] ?? ''), plot.units);
    return readDigest(seed, hop, plotUnit(plot, index)) !== digests[hop];
  });
}
