import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ArtifactServer, openArtifacts, serveArtifacts } from '../../src/chain/index.ts';
import type { ArtifactReference } from '../../src/chain/types.ts';
import { toLogosError } from '../../src/system/errors.ts';

const MIB = 1024 * 1024;

let root: string;
let disk: string;
let server: ArtifactServer;
let reference: ArtifactReference;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-full-'));
  disk = join(root, 'disk');
  await mkdir(disk);
  mount(['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  await writeFile(join(root, 'file'), Buffer.alloc(6 * MIB, 7));
  reference = await openArtifacts(join(root, 'origin')).add(join(root, 'file'));
  server = await serveArtifacts({ directory: join(root, 'origin'), port: 0 });
});
afterEach(async () => {
  await server.close();
  spawnSync('umount', [disk]);
  await rm(root, { recursive: true, force: true });
});

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** What the store holds once it failed: neither the artefact, nor a part that takes the space. */
async function expectNothing(): Promise<void> {
  const names = await readdir(disk, { recursive: true });
  expect(names.filter((name) => /[0-9a-f]{64}/.test(name) || name.includes('add.'))).toEqual([]);
}

it('an artifact that would take the reserve is refused before a byte is fetched', async () => {
  const store = openArtifacts(disk, { mirrors: [server.url], limits: { reserveBytes: 3 * MIB } });
  await expect(store.fetch(reference)).rejects.toMatchObject({ code: 'disk-full' });
  await expect(store.add(join(root, 'file'))).rejects.toMatchObject({ code: 'disk-full' });
  await expectNothing();
});

it('a disk that fills up meanwhile: a typed error, and no part stays', async () => {
  const store = openArtifacts(disk, { mirrors: [server.url], limits: { reserveBytes: 0 } });
  let filled = false;
  const fetching = store.use(reference, async () => {}, {
    // Another program takes the space that was there when the download began.
    onProgress: () => {
      if (!filled) spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'other')}`, 'bs=1M', 'count=8']);
      filled = true;
    },
  });
  const error = await fetching.then(
    () => undefined,
    (thrown: unknown) => toLogosError(thrown),
  );
  expect(error).toMatchObject({ code: 'disk-full' });
  await expectNothing();
  await rm(join(disk, 'other'));
  await store.use(reference, async () => {});
  expect(await store.verify()).toEqual({ intact: 1, damaged: [] });
});
