import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareHome } from '../../../../src/service/home-directory.ts';
import { openRegion, prepareRegions } from '../../../../src/service/region/open.ts';
import { keepRecord } from '../../../../src/service/region/propose.ts';
import { reset } from '../../../../src/service/reset.ts';
import { localExec } from '../../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';
import { Journal } from '../../../../src/system/journal.ts';
import { written } from '../../region/region-world.ts';

// An operator's machine, on which nothing but `logos region` ran: its secrets and its CA's key must not outlive a reset.
let directory: string;
let home: Home;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-region-home-'));
  home = homeFrom({ LOGOS_HOME: join(directory, 'opt/home') });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const init = async (): Promise<void> => {
  const source = await mkdtemp(join(tmpdir(), 'logos-region-tree-'));
  try {
    await mkdir(join(source, 'tree/phases'), { recursive: true });
    await writeFile(join(source, 'tree/phases/base.yml'), '[]');
    await writeFile(join(source, 'berlin.yaml'), JSON.stringify(written()));
    await keepRecord(home, await openRegion(join(source, 'berlin.yaml'), join(source, 'tree')));
  } finally {
    await rm(source, { recursive: true, force: true });
  }
};
const bootstrap = async (): Promise<void> => {
  const region = join(await prepareRegions(home), 'berlin');
  await mkdir(region, { recursive: true });
  await writeFile(join(region, 'secrets.json'), '{}');
};
const provide = () => prepareHome(home, new Journal(home.journal));

it.each([
  ['init', [init]],
  ['bootstrap', [bootstrap]],
  ['init, bootstrap and provide', [init, bootstrap, provide]],
])('a reset after %s leaves nothing', async (_, steps) => {
  for (const step of steps) await step();
  await reset({ home, exec: localExec, progress: () => {}, purge: false });
  expect(await readdir(directory)).toEqual([]);
});
