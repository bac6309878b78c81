import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectLibvirt, hypervisorUndoers, planLibvirtd, withLibvirt } from '../../../src/hypervisor/index.ts';
import { configText, daemonSettings, driverSettings } from '../../../src/hypervisor/private/config.ts';
import { becomeLibvirtd, withEntry } from '../../../src/hypervisor/private/enter.ts';
import { privateLayout } from '../../../src/hypervisor/private/layout.ts';
import { mountSteps } from '../../../src/hypervisor/private/mounts.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-private-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('private libvirtd', () => {
  test('its configuration', () => {
    expect(configText({ a: 1, b: 'x', c: [], d: ['y', 'z'] })).toBe('a = 1\nb = "x"\nc = [  ]\nd = [ "y", "z" ]\n');
    expect(configText(driverSettings())).toContain('user = "+64055"\n');
    expect(configText(daemonSettings('u'))).toContain('unix_sock_rw_perms = "0700"\n');
  });

  test('only packages’ own mount points are used, and the scaffold is hidden last', () => {
    const layout = privateLayout('/var/lib/logos/libvirt');
    const steps = mountSteps(layout, { home: '/var/lib/logos', images: '/var/lib/logos/cache/guest' });
    const outside = steps.flatMap(({ command, args }) => (command === 'mount' ? [args.at(-1) ?? ''] : []));
    expect(outside.filter((target) => !target.startsWith('/var/lib/logos'))).toEqual([
      '/etc/libvirt',
      '/etc/passwd',
      '/etc/group',
      '/run',
      '/var/log',
      '/var/cache',
      '/var/lib',
    ]);
    expect(steps.at(-1)?.args).toContain('/var/lib');
    const elsewhere = mountSteps(privateLayout('/srv/logos/libvirt'), {
      home: '/srv/logos',
      images: '/srv/logos/cache/guest',
      kvm: { major: 10, minor: 232 },
    });
    // A home that the covers don't hide is hidden by itself.
    expect(elsewhere.at(-1)?.args.at(-1)).toBe('/srv/logos');
    expect(elsewhere.some(({ command, args }) => command === 'mknod' && args.includes('232'))).toBe(true);
  });

  test('a user list gets its entry once', () => {
    const entry = 'libvirt-qemu:x:64055:64055::/:/bin/false';
    expect(withEntry('root:x:0:0\n', entry)).toBe(`root:x:0:0\n${entry}\n`);
    expect(withEntry('libvirt-qemu:x:7:7\n', entry)).toBe('libvirt-qemu:x:7:7\n');
  });

  test('it refuses to mount anything in the host’s own namespace', async () => {
    // Throws, so that a check that fails to refuse can't go on to become a libvirtd of the host's.
    const exec = async () => {
      throw new Error('a mount was tried');
    };
    const options = { root: join(directory, 'libvirt'), home: directory, images: join(directory, 'guest') };
    await expect(becomeLibvirtd(options, exec)).rejects.toMatchObject({ code: 'namespace-missing' });
  });
});

describe('plan', () => {
  const home = () => homeFrom({ LOGOS_HOME: join(directory, 'home') });
  const put = async (path: string) => {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), '');
  };

  test('systemd’s libvirtd where systemd runs, by the unit that is installed', async () => {
    const options = { systemd: true, filesystem: directory };
    await expect(planLibvirtd(home(), options)).rejects.toMatchObject({ code: 'libvirt-missing' });
    await put('usr/lib/systemd/system/virtqemud.service');
    expect(await planLibvirtd(home(), options)).toMatchObject({ kind: 'system', unit: 'virtqemud.service' });
    await put('lib/systemd/system/libvirtd.service');
    expect(await planLibvirtd(home(), options)).toMatchObject({ kind: 'system', unit: 'libvirtd.service' });
  });

  test('a private one elsewhere, journalled, and undone without a trace', async () => {
    const options = { systemd: false, filesystem: directory };
    await expect(planLibvirtd(home(), options)).rejects.toMatchObject({ code: 'libvirt-missing' });
    await put('usr/sbin/libvirtd');
    const plan = await planLibvirtd(home(), options);
    if (plan.kind !== 'private') throw new Error('not private');
    expect(plan.command[0]).toBe('/usr/bin/unshare');
    const journal = new Journal(home().journal);
    await plan.prepare(journal);
    await plan.prepare(journal);
    expect((await journal.pending()).map(({ kind }) => kind)).toEqual(['libvirtd-private']);
    await journal.undo(hypervisorUndoers);
    await journal.undo(hypervisorUndoers);
    await expect(planLibvirtd(home(), options)).resolves.toMatchObject({ kind: 'private' });
  });

  test('only root may', async () => {
    const refused = withLibvirt(home(), async () => {}, { uid: 1000 });
    await expect(refused).rejects.toMatchObject({ code: 'root-needed', exitCode: 4 });
  });

  test('nobody listening is said so, with the socket', async () => {
    const endpoint = { socket: join(directory, 'no'.repeat(100), 'sock'), uri: 'qemu:///system' };
    await expect(connectLibvirt(endpoint)).rejects.toMatchObject({ code: 'libvirt-unreachable' });
  });
});
