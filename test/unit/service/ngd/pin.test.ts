import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { buildManifest, manifestPath, saveManifest } from '../../../../src/guard/index.ts';
import { saveHostRecord } from '../../../../src/service/host-record.ts';
import { guardedFiles } from '../../../../src/service/ngd/guarded-files.ts';
import { manifestDeviations } from '../../../../src/service/ngd/manifest-check.ts';
import { pinDeviations, readPin, savePin, withPin } from '../../../../src/service/ngd/pin.ts';
import { type Home, homeFrom } from '../../../../src/system/home.ts';

const CHAIN = { mode: 'remote', url: 'wss://a.example', genesis: '0xaa', trust: 'finality' } as const;
let home: Home;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-pin-')) });
  onTestFinished(() => rm(home.root, { recursive: true, force: true }));
});

const record = (
  chain: Omit<typeof CHAIN, 'genesis' | 'trust' | 'url'> & {
    genesis: string;
    url: string;
    trust?: 'finality' | 'local';
  },
) => saveHostRecord(home, { version: 1, chain, account: 'host', path: 'qemu' });

it('the chain that a host joined is not exchanged by whoever writes the record; its nodes may be others', async () => {
  expect(await pinDeviations(home)).toEqual([]);
  await savePin(home, CHAIN);
  await record({ ...CHAIN, url: 'wss://b.example' });
  expect(await pinDeviations(home)).toEqual([]);
  await record({ ...CHAIN, genesis: '0xbb' });
  expect(await pinDeviations(home)).toEqual([
    { target: 'chain of this host', expected: '0xaa (remote, finality)', found: '0xbb (remote, finality)' },
  ]);
  // A chain that proved finality must go on to.
  await record({ ...CHAIN, trust: 'local' });
  expect(await pinDeviations(home)).toHaveLength(1);
  expect(withPin({ ...CHAIN, genesis: '0xbb' }, await readPin(home))).toEqual(CHAIN);
});

it('a manifest has what the chain put here, whoever wrote it', async () => {
  const version = join(home.gatekeeper, '1.0.0-aa');
  await mkdir(version, { recursive: true });
  await mkdir(home.state, { recursive: true });
  await writeFile(join(version, 'definition.json'), '{}');
  await symlink('1.0.0-aa', join(home.gatekeeper, 'current'));
  expect(await manifestDeviations(home)).toEqual([]);
  const files = [
    { path: join(version, 'definition.json'), kind: 'file' },
    { path: join(home.gatekeeper, 'current'), kind: 'link' },
  ] as const;
  await saveManifest(home, await buildManifest(files));
  expect(await manifestDeviations(home)).toEqual([
    { target: manifestPath(home), expected: `${join(home.state, 'hardening.json')} in it`, found: 'not in it' },
  ]);
  expect((await guardedFiles(home)).map(({ path }) => path)).toEqual([
    ...files.map(({ path }) => path),
    join(home.state, 'hardening.json'),
  ]);
});
