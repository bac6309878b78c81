import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyFixes, deviceUndoers, planFixes } from '../../../src/host/checks/fix.ts';
import { checkCgroup, checkKernel } from '../../../src/host/checks/kernel.ts';
import { checkNetwork } from '../../../src/host/checks/network.ts';
import { requireChecks, runChecks } from '../../../src/host/checks/run.ts';
import { checkSandbox } from '../../../src/host/checks/sandbox.ts';
import { checkDisk, checkOs, checkPrivileges, freeMiBAt } from '../../../src/host/checks/system.ts';
import { checkTime } from '../../../src/host/checks/time.ts';
import type { Check, CheckContext } from '../../../src/host/checks/types.ts';
import { canOpen, checkVirtualization } from '../../../src/host/checks/virtualization.ts';
import { type Exec, localExec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { Journal } from '../../../src/system/journal.ts';

let root: string;
let context: CheckContext;
const put = async (path: string, text = ''): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};
/** Runs what a name stands for in this test, as a real program. */
const answers =
  (texts: Record<string, string>): Exec =>
  (command, _args, options) =>
    texts[command] === undefined
      ? localExec(`/nonexistent/${command}`, [], options)
      : localExec('printf', ['%s', texts[command]], options);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-checks-'));
  context = { home: homeFrom({ LOGOS_HOME: join(root, 'not/there/yet') }), exec: answers({}), uid: 0, root };
});
afterEach(() => rm(root, { recursive: true }));

describe('checks', () => {
  test.each([
    ['ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n', 'ok'],
    ['ID=debian\nVERSION_ID="11"\n', 'warning'],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', 'warning'],
    ['ID=fedora\nVERSION_ID=42\n', 'error'],
    ['', 'error'],
  ])('os: %j is %s', async (text, severity) => {
    await put('etc/os-release', text);
    expect(await checkOs(context)).toMatchObject({ name: 'os', severity });
  });

  test('privileges: a normal user is told to use sudo', async () => {
    expect(await checkPrivileges({ ...context, uid: 1000 })).toMatchObject({
      severity: 'error',
      hint: expect.stringContaining('sudo'),
    });
    expect(await checkPrivileges(context)).toMatchObject({ severity: 'ok' });
  });

  test('sandbox: one is made, or it says what is in the way', async () => {
    const missing = await checkSandbox(context);
    expect(missing).toMatchObject({ severity: 'warning', message: expect.stringContaining('missing') });
    const refusing: Exec = (_, __, options) => localExec('sh', ['-c', 'echo no name spaces >&2; exit 1'], options);
    const closed = await checkSandbox({ ...context, exec: refusing });
    expect(closed).toMatchObject({ severity: 'warning', message: expect.stringContaining('no name spaces') });
    expect(await checkSandbox({ ...context, exec: answers({ bwrap: '' }) })).toMatchObject({ severity: 'ok' });
  });

  test('disk: looks where the home will be, and makes nothing', async () => {
    expect(await freeMiBAt(context.home.root)).toBeGreaterThan(0);
    expect((await checkDisk(context)).message).toContain(`under ${context.home.root}`);
    await expect(stat(join(root, 'not'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('cgroup: v2, v2 without a controller, v1, none', async () => {
    expect(await checkCgroup(context)).toMatchObject({ severity: 'error' });
    await put('proc/self/mounts', 'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup /x cgroup rw,memory 0 0\n');
    expect(await checkCgroup(context)).toMatchObject({ severity: 'ok', message: expect.stringContaining('v1') });
    await put('sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory pids\n');
    expect(await checkCgroup(context)).toMatchObject({ severity: 'ok', message: 'cgroup v2' });
    await put('sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io pids\n');
    expect(await checkCgroup(context)).toMatchObject({ severity: 'error', message: expect.stringContaining('memory') });
  });

  test('kernel: what it lacks is reported, never passed over', async () => {
    const exec = answers({ nft: '' });
    await put('proc/self/status', 'Seccomp:\t0\n');
    expect(await checkKernel({ ...context, exec })).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('no mandatory access control'),
    });
    await put('sys/kernel/security/lsm', 'capability,yama,apparmor');
    expect(await checkKernel({ ...context, exec })).toMatchObject({ severity: 'ok' });
    const refuses: Exec = (_command, _args, options) => localExec('false', [], options);
    expect(await checkKernel({ ...context, exec: refuses })).toMatchObject({
      message: expect.stringContaining('no nftables'),
    });
  });

  test('time: systemd, a daemon, the host of a guest, nothing', async () => {
    expect(await checkTime(context)).toMatchObject({ severity: 'warning', message: 'nothing synchronizes the clock' });
    await put('sys/devices/system/clocksource/clocksource0/current_clocksource', 'kvm-clock\n');
    expect(await checkTime(context)).toMatchObject({ severity: 'ok', message: expect.stringContaining('kvm-clock') });
    await put('proc/77/comm', 'chronyd\n');
    expect(await checkTime(context)).toMatchObject({ severity: 'ok', message: 'chronyd keeps the clock' });
    await mkdir(join(root, 'run/systemd/system'), { recursive: true });
    expect(await checkTime({ ...context, exec: answers({ timedatectl: 'no\n' }) })).toMatchObject({
      severity: 'warning',
    });
    expect(await checkTime({ ...context, exec: answers({ timedatectl: 'yes\n' }) })).toMatchObject({ severity: 'ok' });
  });

  test('network: reaching the package source is a warning at most', async () => {
    const exec = answers({ 'apt-get': 'https://packages.invalid/debian/\n' });
    expect(await checkNetwork({ ...context, exec })).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('packages.invalid'),
    });
    expect(await checkNetwork(context)).toMatchObject({ severity: 'warning' });
    const reachable = answers({ 'apt-get': 'http://localhost/debian/\n' });
    expect(await checkNetwork({ ...context, exec: reachable })).toMatchObject({ severity: 'ok' });
  });

  test('virtualization: a device that libvirt can not open is found, before it costs a minute a guest', async (test) => {
    expect(await checkVirtualization(context)).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('no /dev/kvm'),
    });
    await put('proc/cpuinfo', 'flags\t\t: fpu svm\n');
    expect(await checkVirtualization(context)).toMatchObject({ message: expect.stringContaining('has svm') });
    await put('dev/kvm');
    expect(await checkVirtualization(context)).toMatchObject({ severity: 'ok' });
    if (process.getuid?.() !== 0) return test.skip('needs root');
    await mkdir(join(root, 'run/systemd/system'), { recursive: true });
    const exec = answers({ getent: 'libvirt-qemu:x:64055:105::/:/bin/false\n', id: '105 106\n' });
    expect(await checkVirtualization({ ...context, exec })).toMatchObject({
      severity: 'warning',
      fix: { device: { path: join(root, 'dev/kvm'), group: 'kvm' } },
    });
  });

  test('the bits that apply are the first that match', () => {
    const user = { uid: 5, groups: [7] };
    expect(canOpen({ mode: 0o660, uid: 0, gid: 7 }, user)).toBe(true);
    expect(canOpen({ mode: 0o606, uid: 0, gid: 7 }, user)).toBe(false);
    expect(canOpen({ mode: 0o666, uid: 0, gid: 0 }, user)).toBe(true);
    expect(canOpen({ mode: 0o066, uid: 5, gid: 7 }, user)).toBe(false);
    expect(canOpen({ mode: 0o600, uid: 0, gid: 7 }, user)).toBe(false);
  });

  test('on this machine all of them answer, each with its name, and change nothing', { timeout: 60_000 }, async () => {
    const checks = await runChecks({ home: context.home, exec: localExec });
    expect(checks.map((check) => check.name)).toEqual([
      'os',
      'privileges',
      'packages',
      'virtualization',
      'disk',
      'time-sync',
      'network',
      'cgroup',
      'kernel',
      'sandbox',
    ]);
    await expect(stat(join(root, 'not'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('requireChecks', () => {
  const bad: Check = { name: 'disk', severity: 'error', message: 'full', hint: 'Free some space.' };

  test('throws what is wrong and what to do, and passes over warnings', () => {
    expect(() => requireChecks([{ ...bad, severity: 'warning' }])).not.toThrow();
    expect(() =>
      requireChecks([bad, { ...bad, name: 'packages', hint: undefined, fix: { description: 'x' } }]),
    ).toThrow(
      expect.objectContaining({
        code: 'preflight-failed',
        message: 'disk: full; packages: full',
        nextSteps: ['Run `logos doctor --fix`.', 'Free some space.'],
      }),
    );
  });
});

describe('fixes', () => {
  const check = (fix: Check['fix']): Check => ({ name: 'x', severity: 'warning', message: '', fix });

  test('are planned only for what is not right', () => {
    const fix = { description: 'install fio', packages: ['fio'] };
    expect(planFixes([check(fix), { ...check(fix), severity: 'ok' }, check(undefined)])).toEqual([fix]);
  });

  test('need root', async () => {
    const journal = new Journal(join(root, 'journal'));
    const checks = [check({ description: 'install fio', packages: ['fio'] })];
    const running = applyFixes(checks, context.exec, journal, () => {}, { uid: 1000 });
    await expect(running).rejects.toMatchObject({ code: 'root-needed', exitCode: 4 });
    expect(await journal.pending()).toEqual([]);
  });

  test('open a device to a group, and give it back exactly', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('needs root');
    await put('dev/kvm');
    const path = join(root, 'dev/kvm');
    const access = async () => {
      const { mode, uid, gid } = await stat(path);
      return { mode: mode & 0o777, uid, gid };
    };
    const before = await access();
    const journal = new Journal(join(root, 'journal'));
    const messages: string[] = [];
    const checks = [check({ description: 'let kvm open it', device: { path, group: 'kvm' } })];
    await applyFixes(checks, answers({ getent: 'kvm:x:106:\n' }), journal, (event) => {
      if (event.event === 'note') messages.push(event.message);
    });
    expect(await access()).toEqual({ mode: 0o660, uid: 0, gid: 106 });
    expect(messages).toHaveLength(1);
    await journal.undo(deviceUndoers);
    expect(await access()).toEqual(before);
    const missing = applyFixes(checks, answers({ getent: '' }), journal, () => {});
    await expect(missing).rejects.toMatchObject({ code: 'group-missing' });
  });
});
