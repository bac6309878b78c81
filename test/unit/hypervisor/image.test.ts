import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cpioArchive } from '../../../src/hypervisor/image/cpio.ts';
import { buildInitramfs, isStatic } from '../../../src/hypervisor/image/initramfs.ts';
import { kernelDependency } from '../../../src/hypervisor/image/kernel.ts';
import { prepareGuestImage } from '../../../src/hypervisor/image/prepare.ts';
import { ExternalError } from '../../../src/system/errors.ts';
import { homeFrom } from '../../../src/system/home.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-image-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path));

describe('initramfs', () => {
  test('the archive is what cpio(5) says, byte by byte', () => {
    const archive = cpioArchive([{ path: 'a', kind: 'file', mode: 0o644, content: Buffer.from('hi') }]).toString(
      'latin1',
    );
    const fields = ['00000001', '000081a4', ...Array(2).fill('00000000'), '00000001', '00000000', '00000002'];
    expect(archive.startsWith(`070701${fields.join('')}${'00000000'.repeat(4)}00000002${'00000000'}a\0`)).toBe(true);
    expect(archive).toContain('TRAILER!!!\0');
    expect(archive.length % 4).toBe(0);
  });

  test.each(['', '/a', '../a', 'a/../b', 'a\0b', '.'])('entry %j is refused', (path) => {
    expect(() => cpioArchive([{ path, kind: 'directory', mode: 0o755 }])).toThrow(RangeError);
  });

  test('another program unpacks it, and it is the same each time', async (ctx) => {
    if (!BUSYBOX) return ctx.skip('needs busybox');
    const parts = {
      busybox: Buffer.from('#!'),
      modules: [{ path: 'drivers/x/evdev.ko', content: Buffer.from('ko') }],
      deviceModules: [{ path: 'drivers/block/virtio_blk.ko', content: Buffer.from('blk') }],
    };
    const one = await buildInitramfs(parts);
    expect(one.equals(await buildInitramfs(parts))).toBe(true);
    execFileSync(BUSYBOX, ['cpio', '-i', '-d'], {
      cwd: directory,
      input: gunzipSync(one),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const rooms = ['bin', 'dev', 'devices', 'etc', 'init', 'modules', 'proc', 'sys', 'tmp'];
    expect((await readdir(directory)).sort()).toEqual(rooms);
    // Not among those that every guest loads.
    expect(await readdir(join(directory, 'devices'))).toEqual(['0-virtio_blk.ko']);
    expect(await readFile(join(directory, 'modules/0-evdev.ko'), 'utf8')).toBe('ko');
    execFileSync(BUSYBOX, ['sh', '-n', join(directory, 'init')]);
  });

  test('a program that needs shared libraries is told from one that does not', async () => {
    expect(isStatic(await readFile(process.execPath))).toBe(false);
    expect(isStatic(Buffer.from('#!/bin/sh'))).toBe(false);
  });
});

describe('preparing the image', () => {
  test('the kernel behind the meta package', () => {
    expect(kernelDependency('linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n')).toBe(
      'linux-image-6.1.0-56-cloud-amd64',
    );
    expect(kernelDependency('linux-image-cloud-amd64\n  Depends: linux-image-6.1; rm -rf /\n')).toBeUndefined();
  });

  test('without a network it says so and leaves nothing half made', async (ctx) => {
    if (!BUSYBOX) return ctx.skip('needs busybox-static');
    const home = homeFrom({ LOGOS_HOME: directory });
    const offline = async () => {
      throw new ExternalError('command-failed', 'apt-get failed: Temporary failure resolving');
    };
    await expect(prepareGuestImage(home, offline)).rejects.toMatchObject({ code: 'guest-kernel-unavailable' });
    expect(await readdir(join(home.cache, 'guest'))).toEqual([]);
  });

  test('without a static busybox it says so', async () => {
    const dynamic = join(directory, 'busybox');
    await writeFile(dynamic, 'not a program');
    const home = homeFrom({ LOGOS_HOME: directory });
    const never = async () => ({ exitCode: 0, stdout: '', stderr: '' });
    const image = prepareGuestImage(home, never, undefined, { busybox: [dynamic] });
    await expect(image).rejects.toMatchObject({ code: 'busybox-missing' });
  });
});
