import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostAddress, hostKey } from '../../../src/chain/index.ts';

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'logos-keys-')), 'keys');
});
afterEach(async () => {
  await rm(join(directory, '..'), { recursive: true, force: true });
});

describe('the host key', () => {
  it('is made once, encrypted, readable by its owner only, and the same ever after', async () => {
    await expect(hostKey(directory)).rejects.toMatchObject({ code: 'key-missing' });
    const made = await hostKey(directory, { create: true });
    const again = await hostKey(directory, { create: true });
    expect(again.address).toBe(made.address);
    expect(await hostAddress(directory)).toBe(made.address);
    expect((await stat(join(directory, 'host.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'passphrase'))).mode & 0o777).toBe(0o400);
    expect((await readdir(directory)).sort()).toEqual(['host.json', 'passphrase']);
    const stored = JSON.parse(await readFile(join(directory, 'host.json'), 'utf8')) as { encoding: { type: string[] } };
    expect(stored.encoding.type).toEqual(['scrypt', 'xsalsa20-poly1305']);
  });

  it('is the same for two processes that make it at once', async () => {
    const made = await Promise.all([1, 2].map(() => hostKey(directory, { create: true })));
    expect(new Set(made.map(({ address }) => address)).size).toBe(1);
    expect((await hostKey(directory)).address).toBe(made[0]?.address);
  });

  it('stays locked without its passphrase or with another one', async () => {
    await hostKey(directory, { create: true });
    const other = join(directory, 'other');
    await writeFile(other, 'not it', { mode: 0o600 });
    await expect(hostKey(directory, { passphraseFile: other })).rejects.toMatchObject({ code: 'key-locked' });
    await rm(join(directory, 'passphrase'));
    await expect(hostKey(directory)).rejects.toMatchObject({ code: 'key-locked' });
  });

  it('is refused when others can read it or its passphrase', async () => {
    await hostKey(directory, { create: true });
    await chmod(join(directory, 'passphrase'), 0o440);
    await expect(hostKey(directory)).rejects.toMatchObject({ code: 'key-permissions' });
    await chmod(join(directory, 'passphrase'), 0o400);
    await chmod(join(directory, 'host.json'), 0o604);
    await expect(hostKey(directory)).rejects.toMatchObject({ code: 'key-permissions' });
  });

  it('that is damaged is named as such and never replaced', async () => {
    await hostKey(directory, { create: true });
    await writeFile(join(directory, 'host.json'), '{"address":');
    await expect(hostKey(directory, { create: true })).rejects.toMatchObject({ code: 'key-damaged' });
    expect(await readFile(join(directory, 'host.json'), 'utf8')).toBe('{"address":');
  });
});
