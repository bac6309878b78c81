import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openArtifacts } from '../../chain/index.ts';
import { manifestOf, recordFiles } from '../../region/index.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { proposeDeployment } from '../deploy/index.ts';
import { prepareHome } from '../home-directory.ts';
import type { LocalRegion } from './open.ts';

/** Puts a region's record into the artefact store, so that a later difference can be told file by file. Gives its digest. */
export async function keepRecord(home: Home, { record }: LocalRegion): Promise<string> {
  return withDirectory(home, async (directory) => {
    const file = join(directory, 'closure.tar');
    await writeFile(file, record.archive, { mode: 0o600 });
    await openArtifacts(home.artifacts).add(file);
    return record.digest;
  });
}

/** Proposes a region's record to the chain, as `logos deploy propose` does with a directory. Throws what that throws. */
export async function proposeRegion(home: Home, { definition, files }: LocalRegion) {
  return withDirectory(home, async (directory) => {
    for (const { path, bytes } of recordFiles(definition, manifestOf(files))) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), bytes, { mode: 0o600 });
    }
    return proposeDeployment(home, directory);
  });
}

async function withDirectory<T>(home: Home, work: (directory: string) => Promise<T>): Promise<T> {
  await prepareHome(home, new Journal(home.journal));
  const directory = await mkdtemp(join(home.root, 'region-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
