import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { installShims, removeShims, shimDirectory } from '../../../src/service/shims.ts';
import { localExec } from '../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';

let home: Home;

beforeEach(async () => {
  // A path that a shell would take apart.
  home = homeFrom({ LOGOS_HOME: join(await mkdtemp(join(tmpdir(), 'logos-shims-')), "owner's $(home)") });
  onTestFinished(() => rm(join(home.root, '..'), { recursive: true, force: true }));
});

describe('shims', () => {
  it('hand every argument on as it is', async () => {
    const [shim] = await installShims(home, ['kubeadm'], ['/usr/bin/printf', '[%s]']);
    const hostile = ['join', '', 'a b', '$(reboot)', '`reboot`', "'", '"', '*', '\\', '--', 'x\ny'];
    const { stdout } = await localExec(shim?.path ?? '', hostile);
    expect(stdout).toBe(['request', '--', 'kubeadm', ...hostile].map((word) => `[${word}]`).join(''));
  });

  it('are made once, and removed without a trace', async () => {
    expect(await installShims(home, ['kubeadm', 'virsh'], ['/bin/true'])).toMatchObject([
      { state: 'made' },
      { state: 'made' },
    ]);
    expect(await installShims(home, ['kubeadm'], ['/bin/true'])).toMatchObject([{ state: 'kept' }]);
    expect(await installShims(home, ['kubeadm'], ['/bin/false'])).toMatchObject([{ state: 'made' }]);
    expect(await removeShims(home, ['kubeadm', 'virsh', 'helm'])).toMatchObject([
      { state: 'removed' },
      { state: 'removed' },
      { state: 'absent' },
    ]);
    expect(await readdir(shimDirectory(home))).toEqual([]);
  });

  it('are made for known tools only, and for all or none', async () => {
    await expect(installShims(home, ['kubeadm', 'rm'], ['/bin/true'])).rejects.toMatchObject({ code: 'tool-unknown' });
    await expect(readdir(shimDirectory(home))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['a file', 'a link'])('leave %s of the name alone', async (what) => {
    const path = join(shimDirectory(home), 'kubeadm');
    await mkdir(shimDirectory(home), { recursive: true });
    await (what === 'a file' ? writeFile(path, 'mine') : symlink('/usr/bin/true', path));
    const install = installShims(home, ['virsh', 'kubeadm'], ['/bin/true']);
    await expect(install).rejects.toMatchObject({ code: 'shim-in-the-way' });
    await expect(removeShims(home, ['kubeadm'])).rejects.toMatchObject({ code: 'shim-in-the-way' });
    expect(await readdir(shimDirectory(home))).toEqual(['kubeadm']);
    if (what === 'a file') expect(await readFile(path, 'utf8')).toBe('mine');
  });
});
