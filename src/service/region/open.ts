import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Closure, PackedFile } from '../../gatekeeper/index.ts';
import { manifestOf, packRecord, parseDefinition, type RegionDefinition, refuseOther } from '../../region/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { openDeployChain } from '../deploy/index.ts';
import { prepareHome } from '../home-directory.ts';
import { namedByChain, namedByDigest } from './named.ts';
import { platformFiles } from './platform-files.ts';

/** A region as it lies here: a definition, the tree that builds it, and the record that names both. */
export interface LocalRegion {
  readonly definition: RegionDefinition;
  readonly files: readonly PackedFile[];
  readonly record: Closure;
}

/** Where this machine keeps its regions' files. */
export function regionsDirectory(home: Home): string {
  return join(home.root, 'regions');
}

/** The same directory, for work on a region: LOGOS_HOME is in the journal first, so that `logos reset` takes all of it back. */
export async function prepareRegions(home: Home): Promise<string> {
  await prepareHome(home, new Journal(home.journal));
  return regionsDirectory(home);
}

/** Reads a definition's file. Throws UserError `file-unreadable` (exit code 2) and what `parseDefinition` throws. */
export async function readDefinition(file: string): Promise<RegionDefinition> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new UserError('file-unreadable', `${file} can't be read: ${(cause as Error).message}`, {
      cause,
      exitCode: ExitCode.usage,
      nextSteps: ['Name a definition, or make one with `logos region init`.'],
    });
  }
  return parseDefinition(bytes);
}

/** Reads a definition and the tree. Throws as the readers of both do. */
export async function openRegion(file: string, platform?: string): Promise<LocalRegion> {
  const definition = await readDefinition(file);
  const files = await platformFiles(platform);
  return { definition, files, record: packRecord(definition, manifestOf(files)) };
}

/**
 * Compares what lies here with what the chain names, or with `closureHash`. Throws UserError `region-closure-differs` (exit code
 * 3), which says what differs, `region-not-on-chain` and `host-not-joined`.
 */
export async function refuseUnnamed(
  home: Home,
  { definition, record }: LocalRegion,
  { closureHash, chain: url }: { closureHash?: string; chain?: string },
): Promise<'chain' | 'flag'> {
  if (closureHash !== undefined) {
    const { record: named, by } = await namedByDigest(home, closureHash);
    refuseOther(named, record);
    return by;
  }
  const chain = await openDeployChain(home, url);
  if (chain === undefined) {
    throw new UserError('host-not-joined', `This host (${home.root}) has not joined a chain.`, {
      nextSteps: ['Name a chain with --chain, or what you checked yourself with --closure-hash.'],
    });
  }
  try {
    const { record: named, by } = await namedByChain(home, chain, definition.name);
    refuseOther(named, record);
    return by;
  } finally {
    await chain.close();
  }
}
