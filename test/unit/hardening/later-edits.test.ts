import { appendFile, chmod, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hardenHost, instanceName, planHost, restoreHost } from '../../../src/hardening/index.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';
import { makeTree, type Tree } from './fake-kernel.ts';
import { bytes, POLICY } from './policies.ts';

// What an owner does between an apply and a restore is theirs: it is kept, named, and overwritten only when asked for.
const LIMITS = { cpuCores: 1, memoryMiB: 256 };
const SYSCTL = 'proc/sys/kernel/kptr_restrict';
const DAEMON = 'etc/libvirt/libvirtd.conf';
const ORIGINAL = '# as Debian ships it\n#access_drivers = [ "polkit" ]\n';

let tree: Tree;
const at = (path: string): string => join(dirname(tree.paths.sys), path);
const text = (path: string): Promise<string> => readFile(at(path), 'utf8');
const put = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), content);
};
const rules = (): string => `etc/polkit-1/rules.d/50-${instanceName(tree.home.root)}.rules`;

beforeEach(async () => {
  tree = await makeTree({ cgroup: 2, systemd: true });
  await put('sys/kernel/mm/ksm/run', '1\n');
  await put(SYSCTL, '0\n');
  await put(DAEMON, ORIGINAL);
  await chmod(at(DAEMON), 0o640);
  await mkdir(at('etc/polkit-1/rules.d'), { recursive: true });
});
afterEach(() => tree.remove());

const apply = async (value = '1', host: Tree = tree, others = ['getattr']): Promise<void> => {
  const controls = { ksm: {}, 'libvirt-access': { others } };
  const sysctls = [{ name: 'kernel.kptr_restrict', value, compare: 'at-least', why: 'test' }];
  const policy = bytes({ ...POLICY, firewall: undefined, sysctls, controls });
  await hardenHost(await planHost({ ...host, source: { policy }, limits: LIMITS, probe: false }), host);
};
const restore = (overwrite = false) => restoreHost(tree.home, { ...tree, overwrite });
const keptPaths = async (overwrite?: boolean): Promise<string[]> =>
  (await restore(overwrite)).kept.map(({ change }) => change.target).sort();

describe('a restore', () => {
  it('keeps a value that the owner set since, names it each time, and overwrites it when asked', async () => {
    await apply();
    await put(SYSCTL, '2\n');
    await put('sys/kernel/mm/ksm/run', '0\n');
    const values = [at(SYSCTL), at('sys/kernel/mm/ksm/run')].sort();
    expect(await keptPaths()).toEqual(values);
    expect(await text(SYSCTL)).toBe('2\n');
    expect(await text(DAEMON)).toBe(ORIGINAL);
    expect(await keptPaths()).toEqual(values);
    expect(await keptPaths(true)).toEqual([]);
    expect((await text(SYSCTL)).trim()).toBe('0');
    expect(await new Journal(tree.home.journal).pending()).toEqual([]);
  });

  it('gives back what the owner set between two policies', async () => {
    await apply('1');
    await put(SYSCTL, '0\n');
    await apply('1');
    await restore();
    expect((await text(SYSCTL)).trim()).toBe('0');
    await apply('1');
    // Looser than the second policy, and neither what was there nor what was set.
    await put(SYSCTL, '00\n');
    await apply('2');
    expect((await text(SYSCTL)).trim()).toBe('2');
    await restore();
    expect((await text(SYSCTL)).trim()).toBe('00');
  });

  it('takes only its own lines out of a file that the owner edited since', async () => {
    const before = await lstat(at(DAEMON));
    await apply();
    expect(await text(DAEMON)).toContain('\naccess_drivers = [ "polkit" ]\n');
    expect(((await lstat(at(DAEMON))).mode ^ before.mode) & 0o7777).toBe(0);
    await appendFile(at(DAEMON), 'unix_sock_group = "me"\n');
    const { kept } = await restore();
    expect(kept).toMatchObject([{ change: { target: at(DAEMON) }, reason: expect.stringContaining('our lines') }]);
    expect(await text(DAEMON)).toBe(`${ORIGINAL}unix_sock_group = "me"\n`);
    expect(await keptPaths()).toEqual([]);
  });

  it('lets two homes of one machine take out their lines in any order', async () => {
    const other: Tree = { ...tree, home: homeFrom({ LOGOS_HOME: join(tree.home.root, '../other') }) };
    await apply();
    // The second finds polkit on already; what it has in common with the first is the file alone.
    await put(DAEMON, (await text(DAEMON)).replace('polkit" ]\n', 'polkit" ]\n# the other home\n'));
    await restoreHost(other.home, other);
    await restore();
    expect(await text(DAEMON)).toBe(`${ORIGINAL}# the other home\n`);
  });

  it('keeps a file of ours that somebody wrote anew, and one that is gone stays gone', async () => {
    await apply();
    await put(rules(), '// mine now\n');
    await rm(at(DAEMON));
    expect(await keptPaths()).toEqual([at(DAEMON), at(rules())].sort());
    expect(await text(rules())).toBe('// mine now\n');
    expect(await keptPaths(true)).toEqual([]);
    await expect(text(rules())).rejects.toThrow('ENOENT');
    expect(await text(DAEMON)).toBe(ORIGINAL);
  });

  it('puts back all but what fails, names that, and does it the next time', async () => {
    await apply();
    const write: Tree['files']['write'] = async (path, value) => {
      if (path === at(SYSCTL)) throw new Error('the kernel says no');
      await tree.files.write(path, value);
    };
    const failing = { ...tree, files: { ...tree.files, write } };
    await expect(restoreHost(tree.home, failing)).rejects.toMatchObject({
      code: 'restore-incomplete',
      message: expect.stringContaining(at(SYSCTL)),
    });
    expect(await text(DAEMON)).toBe(ORIGINAL);
    expect((await text('sys/kernel/mm/ksm/run')).trim()).toBe('1');
    expect((await text(SYSCTL)).trim()).toBe('1');
    await restore();
    expect((await text(SYSCTL)).trim()).toBe('0');
    expect(await new Journal(tree.home.journal).pending()).toEqual([]);
  });
});

describe('a second policy that can’t be applied', () => {
  it('leaves all of the first one: values, files, and what was told of them', async () => {
    await apply('1');
    const before = await tree.snapshot();
    let told = 0;
    const exec: Tree['exec'] = (command, args, options) => {
      if (args[0] === 'try-restart' && ++told === 1) throw new Error('it does not start');
      return tree.exec(command, args, options);
    };
    await expect(apply('2', { ...tree, exec }, [])).rejects.toThrow('it does not start');
    expect(await tree.snapshot()).toEqual(before);
    expect(await text(rules())).toContain('["getattr"]');
    expect(told).toBe(2);
    await apply('2', tree, []);
    expect(await text(rules())).toContain('others = []');
  });
});
