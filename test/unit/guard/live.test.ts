import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EngineDeviation } from '../../../src/guard/engine/index.ts';
import {
  artifactsCheck,
  domainsCheck,
  GUEST_SIZES,
  type GuardCheck,
  isSlight,
  type LiveDomain,
  lsmCheck,
  processesCheck,
  settingsCheck,
  unitsCheck,
  watchedCheck,
} from '../../../src/guard/index.ts';
import { sha256Hex } from '../../../src/system/canonical.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-live-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
});

const run = (check: GuardCheck) => check.run(new AbortController().signal);
const found = async (check: GuardCheck) => (await run(check)).map((one) => [one.target, one.found]);

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}

describe('settings', () => {
  const setting = () => ({ target: 'kernel.x', path: join(root, 'x'), expected: '4 2' });

  it('are compared without regard to white space, and an absent one deviates', async () => {
    const check = settingsCheck('kernel', () => [setting()]);
    await write('x', '4\t2\n');
    expect(await run(check)).toEqual([]);
    await write('x', '4 3\n');
    expect(await run(check)).toEqual([{ target: 'kernel.x', expected: '4 2', found: '4 3' }]);
    await rm(join(root, 'x'));
    expect(await found(check)).toEqual([['kernel.x', 'absent']]);
  });

  it('may hold by another rule, and be shown in other words', async () => {
    await write('x', 'default 100\n');
    const shown = (text: string) => text.replace('default ', '');
    const holds = (value: string) => Number(value) >= 50;
    expect(await run(settingsCheck('kernel', () => [{ ...setting(), expected: '50', shown, holds }]))).toEqual([]);
    expect(await found(settingsCheck('kernel', () => [{ ...setting(), shown }]))).toEqual([['kernel.x', '100']]);
  });
});

describe('processes', () => {
  const sleeping = (env: NodeJS.ProcessEnv = {}) => {
    const child = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child.pid ?? 0;
  };
  const check = (pid: number, program = '/usr/bin/sleep') => processesCheck(async () => [{ name: 'NG', pid, program }]);
  const eventually = async (look: GuardCheck, wanted: unknown) => {
    await expect.poll(() => found(look), { timeout: 5_000 }).toEqual(wanted);
  };

  it('that run what lies on the disk are as they should be, and one that ended is not looked at', async () => {
    const pid = sleeping();
    await eventually(check(pid), []);
    expect(await run(check(999_999_999))).toEqual([]);
  });

  it('that are stopped are seen', async () => {
    const pid = sleeping();
    await eventually(check(pid), []);
    process.kill(pid, 'SIGSTOP');
    await eventually(check(pid), [['process of NG', 'state T (stopped)']]);
  });

  it('that were started with code of others are seen', async () => {
    await eventually(check(sleeping({ LD_PRELOAD: '' })), [['process of NG', 'LD_PRELOAD']]);
  });

  it('whose program was exchanged are seen', async () => {
    const pid = sleeping();
    await eventually(check(pid, process.execPath), [
      ['process of NG', expect.stringMatching(/^runs .*(sleep|coreutils)/)],
    ]);
  });
});

describe('units', () => {
  const check = () => unitsCheck(async () => ['logos-ng.service'], root);

  it('of ours are not hidden or changed by anything', async () => {
    await write('etc/systemd/system/logos-ng.service', '[Service]');
    await write('etc/systemd/system/ssh.service.d/x.conf', '');
    await write('usr/lib/systemd/system/service.d/10-all.conf', '');
    expect(await run(check())).toEqual([]);
  });

  it.each([
    'run/systemd/system/logos-ng.service',
    'etc/systemd/system/logos-ng.service.d/x.conf',
    'run/systemd/system/logos-.service.d/x.conf',
    'etc/systemd/system.control/logos-ng.service.d/50-CPUWeight.conf',
  ])('are changed by %s', async (path) => {
    await write(path, '');
    expect((await found(check())).map(([target]) => target)).toEqual([join(root, path)]);
  });

  it('tell of a drop-in at once', async () => {
    await mkdir(join(root, 'etc/systemd/system'), { recursive: true });
    const end = new AbortController();
    onTestFinished(() => end.abort());
    const changed = new Promise<void>((resolve) => check().watch?.(resolve, end.signal));
    // The units are asked for first.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await mkdir(join(root, 'etc/systemd/system/logos-ng.service.d'));
    await changed;
  });
});

describe('domains', () => {
  const guest: LiveDomain = { name: 'guest', uuid: 'u', digest: 'a', vcpus: 1, memoryMiB: 256, foreign: [] };
  const check = (live: () => LiveDomain[], allowed?: () => { vcpus: number; memoryMiB: number }[]) =>
    domainsCheck({ domains: async () => live(), allowed });

  it('that have the size of a template and nothing of the host are as they should be', async () => {
    expect(
      await run(
        check(
          () => [guest],
          () => [{ vcpus: 1, memoryMiB: 256 }],
        ),
      ),
    ).toEqual([]);
  });

  it('of another size, or with something of the host, deviate', async () => {
    // Told of, and no reason to exclude: templates change on chain while guests run.
    const wanted = [[GUEST_SIZES, 'guest: 1 vCPUs, 256 MiB']];
    expect(
      await found(
        check(
          () => [guest],
          () => [{ vcpus: 1, memoryMiB: 128 }],
        ),
      ),
    ).toEqual(wanted);
    expect(await found(check(() => [{ ...guest, foreign: ['disk /etc/shadow'] }]))).toEqual([
      ['domain guest', 'disk /etc/shadow'],
    ]);
  });

  it('settle while they start, and must not change after', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let digest = 'a';
    const look = check(() => [{ ...guest, digest }]);
    expect(await run(look)).toEqual([]);
    digest = 'b';
    expect(await run(look)).toEqual([]);
    vi.advanceTimersByTime(6_000);
    expect(await run(look)).toEqual([]);
    digest = 'c';
    expect(await found(look)).toEqual([['domain guest', 'c']]);
  });
});

describe('the policy of a security module', () => {
  const profiles = (text: string) => write('kernel/security/apparmor/profiles', text);

  it('must stay as it was loaded; what is not ours may change, and guests may end', async () => {
    const guest = 'libvirt-6d0f2d6e-5a0b-4b0e-9a51-0e3b1f3f7c11';
    await profiles(`logos-ng (enforce)\n${guest} (enforce)\nfirefox (enforce)\n`);
    const check = lsmCheck(['logos', 'libvirt-'], root);
    expect(await run(check)).toEqual([]);
    await profiles('logos-ng (enforce)\nfirefox (complain)\n');
    expect(await run(check)).toEqual([]);
    await profiles('logos-ng (complain)\n');
    expect(await found(check)).toEqual([['AppArmor profile logos-ng', 'complain']]);
    // Loaded anew, it is away for a moment.
    await profiles('');
    expect(await found(check)).toEqual([]);
    await profiles('logos-ng (enforce)\n');
    expect(await found(check)).toEqual([]);
    await profiles('');
    expect(await found(check)).toEqual([]);
    for (let look = 0; look < 2; look += 1) {
      expect(await found(check)).toEqual([['AppArmor profile logos-ng', 'absent']]);
    }
  });

  it('must keep its content, where the kernel tells', async () => {
    await profiles('logos-ng (enforce)\n');
    await write('kernel/security/apparmor/policy/profiles/logos-ng.1/name', 'logos-ng\n');
    await write('kernel/security/apparmor/policy/profiles/logos-ng.1/raw_sha256', 'aa\n');
    const check = lsmCheck(['logos'], root);
    expect(await run(check)).toEqual([]);
    // Between the two readings it was replaced.
    const digest = 'kernel/security/apparmor/policy/profiles/logos-ng.1/raw_sha256';
    await rm(join(root, digest));
    expect(await run(check)).toEqual([]);
    await write('kernel/security/apparmor/policy/profiles/logos-ng.1/raw_sha256', 'bb\n');
    expect(await found(check)).toEqual([['AppArmor profile logos-ng', 'enforce, bb']]);
  });

  it('is not called absent where it can not be read', async () => {
    await profiles('logos-ng (enforce)\n');
    const check = lsmCheck(['logos'], root);
    await run(check);
    await rm(join(root, 'kernel/security/apparmor/profiles'));
    await mkdir(join(root, 'kernel/security/apparmor/profiles'));
    await expect(run(check)).rejects.toThrow('EISDIR');
  });

  it('must stay enforced with SELinux', async () => {
    await write('fs/selinux/enforce', '1');
    const check = lsmCheck([], root);
    expect(await run(check)).toEqual([]);
    await write('fs/selinux/enforce', '0');
    expect(await found(check)).toEqual([['SELinux', 'permissive']]);
  });
});

describe('watched files', () => {
  it('that were changed and changed back are found, and stay found', async () => {
    await write('definition.json', '{}');
    const check = watchedCheck(async () => [join(root, 'definition.json')]);
    const end = new AbortController();
    onTestFinished(() => end.abort());
    let changed = 0;
    check.watch?.(() => {
      changed += 1;
    }, end.signal);
    // The sensors stand in a moment.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([await run(check), changed]).toEqual([[], 0]);
    await write('definition.json', '{"a":1}');
    await write('definition.json', '{}');
    await expect
      .poll(() => found(check), { timeout: 5_000 })
      .toContainEqual([join(root, 'definition.json'), expect.stringMatching(/seen by/)]);
    expect(changed).toBeGreaterThan(0);
  });

  /** A check whose engine tells of these. */
  function engineTells(...kinds: [EngineDeviation['kind'], string?][]): GuardCheck {
    const check = watchedCheck(
      async () => [],
      async (_, { onDeviation }) => {
        const time = new Date(0).toISOString();
        for (const [kind, expected] of kinds) onDeviation({ path: '/x', kind, layer: 'stat', time, expected });
      },
    );
    check.watch?.(() => {}, new AbortController().signal);
    return check;
  }

  it('do not deviate when the clock is set, and are unchecked when they can not be read', async () => {
    const set = engineTells(['clock', 'no step']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await run(set)).toEqual([]);
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const short = engineTells(['unreadable', 'content']);
    await expect.poll(() => run(short).then(() => '', String)).toContain("/x can't be read");
    vi.advanceTimersByTime(61_000);
    expect(await run(short)).toEqual([]);
  });

  it('are watched on when the clock is set: the engine notices, and nothing deviates but what does', async () => {
    await write('definition.json', '{}');
    const check = watchedCheck(async () => [join(root, 'definition.json')]);
    const end = new AbortController();
    onTestFinished(() => end.abort());
    check.watch?.(() => {}, end.signal);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // The machine's clock can't be set here: what this process reads of it is.
    const real = Date.now;
    const set = (hours: number) => vi.spyOn(Date, 'now').mockImplementation(() => real() + hours * 3_600_000);
    onTestFinished(() => void vi.restoreAllMocks());
    for (const hours of [-1, 2, 0]) {
      set(hours);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await run(check)).toEqual([]);
    }
    await write('definition.json', '{"a":1}');
    await expect
      .poll(() => found(check), { timeout: 10_000 })
      .toContainEqual([join(root, 'definition.json'), expect.stringMatching(/seen by/)]);
  }, 30_000);

  it('tell other times and links from changes', async () => {
    const check = engineTells(['touched', 'inode 1'], ['links', '1'], ['mode', '0644']);
    await expect.poll(async () => (await run(check)).map(isSlight)).toEqual([true, true, false]);
  });

  it('that can not be watched are not called intact', async () => {
    const check = watchedCheck(async () => ['/nonexistent/file']);
    const failed = new Promise<void>((resolve) => check.watch?.(resolve, new AbortController().signal));
    await failed;
    await expect(run(check)).rejects.toThrow('/nonexistent/file');
  });
});

describe('artefacts', () => {
  it('hold what their names say, or are absent', async () => {
    const [good, bad, absent] = ['good', 'bad', 'absent'].map((text) => sha256Hex(text));
    const check = artifactsCheck(root, () => [good ?? '', bad ?? '', absent ?? '']);
    await write(good ?? '', 'good');
    expect(await run(check)).toEqual([]);
    await write(bad ?? '', 'worse');
    expect(await found(check)).toEqual([[join(root, bad ?? ''), `SHA-256 ${sha256Hex('worse')}`]]);
    await rm(join(root, bad ?? ''));
    await symlink(good ?? '', join(root, bad ?? ''));
    expect(await found(check)).toEqual([[join(root, bad ?? ''), 'link']]);
  });
});
