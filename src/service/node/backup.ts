import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { hasEntry, isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { openServiceManager } from '../open-manager.ts';
import { type NodeSettings, nodePaths, requireNative } from './settings.ts';

/**
 * Copies what can't be fetched again: session keys, the network key, the specification. `target` must not be there yet.
 * Gives the copied paths. Throws UserError `target-exists`.
 */
export async function backUpNode({ directory }: NodeSettings, target: string): Promise<string[]> {
  await refuseExisting(target);
  const { specification, nodeKey, chains } = nodePaths(directory);
  const keystores = (await readdir(chains).catch(() => [])).map((id) => join(chains, id, 'keystore'));
  const copied: string[] = [];
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const path of [specification, nodeKey, ...keystores]) {
    if (!(await isThere(path))) continue;
    const place = relative(directory, path);
    await cp(path, join(target, place), { recursive: true, preserveTimestamps: true });
    copied.push(place);
  }
  return copied;
}

/**
 * Packs the database into a file (tar, gzip), without keys, so that another node need not fetch the chain from its
 * peers. A node that runs is stopped for it and started again. Throws UserError `target-exists` or `node-light`.
 */
export async function snapshotNode(home: Home, settings: NodeSettings, file: string, exec: Exec): Promise<void> {
  await refuseExisting(file);
  requireNative(settings);
  const manager = await openServiceManager(home);
  const ran = ((await manager.status()).node?.state ?? 'stopped') !== 'stopped';
  if (ran) await manager.stop('node');
  try {
    const { chains } = nodePaths(settings.directory);
    const databases = (await readdir(chains).catch(() => [])).map((id) => join('chains', id, 'paritydb'));
    await exec('tar', ['--create', '--gzip', `--file=${file}`, `--directory=${settings.directory}`, ...databases], {
      timeout: 24 * 3_600_000,
    });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    if (ran) await manager.start('node');
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (!(await hasEntry(path))) return;
  throw new UserError('target-exists', `${path} is there already.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Name a path that is not there yet with --to.'],
  });
}
