import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packBackup } from '../../../src/region/backup/archive.ts';
import { openBackup, refuseOtherBackup } from '../../../src/region/backup/restore.ts';
import { isSealed, seal, unseal } from '../../../src/region/backup/seal.ts';

const PASSPHRASE = 'correct horse battery';
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-backup-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);

/** A backup of one small dump, sealed. */
async function made(): Promise<string> {
  await mkdir(at('content/servers'), { recursive: true });
  await writeFile(at('content/servers/databases.sql.gz'), 'dump');
  await packBackup(at('content'), at('tar'), { region: 'berlin', version: '1.0.0', at: '2026-01-01T00:00:00Z' });
  await seal(at('tar'), at('sealed'), PASSPHRASE);
  return at('sealed');
}

// Every opening derives a key, which is slow on purpose.
describe('a backup', { timeout: 300_000 }, () => {
  it('comes back as it was, and only its owner can read the file', async () => {
    const file = await made();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file)).includes('databases.sql')).toBe(false);
    const backup = await openBackup(file, { passphrase: PASSPHRASE });
    expect(await readFile(join(backup.directory, 'servers/databases.sql.gz'), 'utf8')).toBe('dump');
    expect(backup.manifest).toMatchObject({ region: 'berlin', files: { 'servers/databases.sql.gz': { bytes: 4 } } });
    await backup.close();
    expect(() => refuseOtherBackup(backup.manifest, 'paris')).toThrow(
      expect.objectContaining({ code: 'region-backup-other' }),
    );
  });

  it('is refused with another passphrase, and with any byte changed', async () => {
    const file = await made();
    await expect(openBackup(file, { passphrase: 'another one' })).rejects.toMatchObject({
      code: 'region-backup-passphrase',
    });
    const bytes = await readFile(file);
    for (const place of [40, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await writeFile(at('changed'), changed);
      await expect(openBackup(at('changed'), { passphrase: PASSPHRASE })).rejects.toMatchObject({
        code: 'region-backup-passphrase',
      });
    }
    for (const length of [15, 59, bytes.length - 1]) {
      await writeFile(at('short'), bytes.subarray(0, length));
      await expect(openBackup(at('short'), { passphrase: PASSPHRASE })).rejects.toMatchObject({
        code: 'region-backup-passphrase',
      });
    }
  });

  it('is refused when it is not the file that was named, or its list does not hold', async () => {
    await made();
    const damaged = { code: 'region-backup-damaged' };
    await expect(openBackup(at('tar'), { sha256: '0'.repeat(64) })).rejects.toMatchObject(damaged);
    await writeFile(at('none'), 'no archive');
    await expect(openBackup(at('none'), {})).rejects.toMatchObject(damaged);
    const { localExec } = await import('../../../src/system/exec.ts');
    const repack = async () => void (await localExec('tar', ['-C', at('content'), '-cf', at('again'), '.']));
    await writeFile(at('content/servers/databases.sql.gz'), 'DUMP');
    await repack();
    await expect(openBackup(at('again'), {})).rejects.toMatchObject({
      ...damaged,
      message: expect.stringContaining('servers/databases.sql.gz is not what was written'),
    });
    await writeFile(at('content/servers/databases.sql.gz'), 'dump');
    await writeFile(at('content/more'), '');
    await repack();
    await expect(openBackup(at('again'), {})).rejects.toMatchObject({
      message: expect.stringContaining('more is not'),
    });
    await rm(at('content/more'));
    await rm(at('content/servers/databases.sql.gz'));
    await repack();
    await expect(openBackup(at('again'), {})).rejects.toMatchObject({ message: expect.stringContaining('is missing') });
  });

  it('is told apart from one that is not sealed, and does not write over a file', async () => {
    await made();
    expect([await isSealed(at('sealed')), await isSealed(at('tar'))]).toEqual([true, false]);
    await expect(seal(at('tar'), at('sealed'), PASSPHRASE)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(unseal(at('sealed'), at('tar'), PASSPHRASE)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
