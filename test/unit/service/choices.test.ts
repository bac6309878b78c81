import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/service/config.ts';
import { prepareHome, removeHome } from '../../../src/service/home-directory.ts';
import { chooseChain } from '../../../src/service/provide/chain.ts';
import { planOf } from '../../../src/service/provide/plan.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'logos-choices-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('configuration', () => {
  const read = async (text: string) => {
    await writeFile(join(parent, 'config.json'), text);
    return readConfig(homeFrom({ LOGOS_HOME: parent }));
  };
  it('is empty when there is none, and is taken as it is', async () => {
    expect(await readConfig(homeFrom({ LOGOS_HOME: join(parent, 'absent') }))).toEqual({});
    expect(await read('{"chain":"dev","refuse":["kvm"]}')).toEqual({ chain: 'dev', refuse: ['kvm'] });
  });
  it('names an unknown key, also a nested one, and a wrong value', async () => {
    await expect(read('{"chian":"dev"}')).rejects.toMatchObject({ code: 'config-unknown-key', exitCode: 2 });
    await expect(read('{"lend":{"cpu":1}}')).rejects.toThrow('lend.cpu');
    await expect(read('{"lend":{"cpuShare":2}}')).rejects.toMatchObject({ code: 'config-invalid' });
    await expect(read('{')).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('the choice of a chain', () => {
  it('prefers the command line, then the configuration, then says what is missing', () => {
    expect(chooseChain({ chain: 'wss://a' }, { chain: 'dev' })).toEqual({ mode: 'remote', url: 'wss://a' });
    expect(chooseChain({}, { chain: 'dev', chainPort: 7 })).toEqual({ mode: 'dev', port: 7, url: 'ws://127.0.0.1:7' });
    expect(chooseChain({ chainPort: 8 }, { chain: 'dev', chainPort: 7 })).toMatchObject({ port: 8 });
    expect(() => chooseChain({}, {})).toThrow('No chain is chosen');
  });
});

it('the plan names every package, the home and the embedded chain only where there is one', () => {
  const facts = { home: '/var/lib/logos', missingPackages: ['fio'], serviceManager: 'supervisor' as const };
  const dev = planOf({ ...facts, chain: { mode: 'dev', port: 9944, url: 'ws://127.0.0.1:9944' } });
  expect(dev.map((item) => item.what).join('\n')).toMatch(/fio[\s\S]*\/var\/lib\/logos[\s\S]*127\.0\.0\.1:9944/);
  const remote = planOf({ ...facts, missingPackages: [], chain: { mode: 'remote', url: 'wss://a' } });
  expect(remote).toHaveLength(dev.length - 2);
});

describe('the home', () => {
  const journalOf = (root: string) => new Journal(homeFrom({ LOGOS_HOME: root }).journal);
  it('is removed with every directory that was made for it', async () => {
    const home = homeFrom({ LOGOS_HOME: join(parent, 'a/b/home') });
    await prepareHome(home, journalOf(home.root));
    await writeFile(join(home.state, 'x'), '');
    await removeHome(home, journalOf(home.root));
    expect(await readdir(parent)).toEqual([]);
  });
  it('keeps what was there before', async () => {
    const home = homeFrom({ LOGOS_HOME: join(parent, 'home') });
    await mkdir(home.root);
    await writeFile(join(home.root, 'config.json'), '{}');
    await prepareHome(home, journalOf(home.root));
    await prepareHome(home, journalOf(home.root));
    await removeHome(home, journalOf(home.root));
    expect(await readdir(home.root)).toEqual(['config.json']);
  });
});
