import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LibvirtLab, libvirtLabNeeds, startLibvirtLab } from '../../lab/libvirt.ts';
import { openTerminal } from '../../lab/terminal.ts';
import {
  bootProbe,
  type DvmSpec,
  type GuestImage,
  hypervisorUndoers,
  type Libvirt,
  LibvirtError,
  type LifecycleEvent,
  listDvms,
  openConsole,
  prepareGuestImage,
  probeKvm,
  READY_LINE,
  startDvm,
  stopAllDvms,
  stopDvm,
} from '../../src/hypervisor/index.ts';
import { UserError } from '../../src/system/errors.ts';
import { localExec } from '../../src/system/exec.ts';

const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const lacks = libvirtLabNeeds();
const DEADLINE = 120_000;

describe.skipIf(lacks)(`libvirt and guests${lacks ? `: ${lacks}` : ''}`, () => {
  let before: string[];
  let lab: LibvirtLab;
  let libvirt: Libvirt;
  let image: GuestImage;

  beforeAll(async () => {
    before = await traces();
    lab = await startLibvirtLab();
    libvirt = await lab.connect();
    image = await prepareGuestImage(lab.home, localExec);
  });

  afterAll(async () => {
    await lab?.close();
    expect(await traces()).toEqual(before);
  });

  beforeEach(async () => {
    await stopAllDvms(libvirt, { graceMs: 0, journal: lab.journal });
  });

  const spec = (name: string, change: Partial<DvmSpec> = {}): DvmSpec => ({
    name,
    vcpus: 1,
    memoryMiB: 128,
    path: 'qemu',
    kernel: image.kernel,
    initramfs: image.initramfs,
    ...change,
  });
  const started = (name: string) =>
    startDvm(libvirt, spec(name), { readyLine: READY_LINE, deadlineMs: DEADLINE, journal: lab.journal });
  const other = `<domain type='qemu'><name>not-ours</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`;

  test('a domain of somebody else is defined, seen, left alone, removed', async () => {
    const events: LifecycleEvent[] = [];
    const unlisten = await libvirt.onLifecycle((event) => events.push(event));
    const domain = await libvirt.defineXml(other);
    expect(await libvirt.findDomain('not-ours')).toEqual(domain);
    expect((await libvirt.listDomains()).map(({ name }) => name)).toContain('not-ours');
    expect(await listDvms(libvirt)).toEqual([]);
    await expect(stopDvm(libvirt, 'not-ours')).rejects.toMatchObject({ code: 'dvm-not-found' });
    await expect(started('not-ours')).rejects.toMatchObject({ code: 'dvm-exists' });
    await libvirt.undefine(domain);
    expect(await libvirt.findDomain('not-ours')).toBeUndefined();
    unlisten();
    expect(events.map(({ kind, domain: { name } }) => `${name} ${kind}`)).toEqual([
      'not-ours defined',
      'not-ours undefined',
    ]);
  });

  test('errors keep libvirt’s own numbers', async () => {
    await expect(libvirt.defineXml('<nope/>')).rejects.toMatchObject({ code: 'libvirt-error', errorNumber: 27 });
    const gone = { name: 'gone', uuid: '00000000-0000-4000-8000-000000000001', id: -1 };
    await expect(libvirt.destroy(gone)).rejects.toSatisfy((e) => e instanceof LibvirtError && e.errorNumber === 42);
    expect(await libvirt.version()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('a guest boots to its line with its nonce, talks on its console, and powers off when asked', async () => {
    const { dvm, line, bootMs } = await started('talker');
    expect(line).toMatch(/^LOGOS-DVM-READY [0-9a-f]{32}$/);
    expect(dvm).toMatchObject({ name: 'talker', state: 'running', vcpus: 1, memoryMiB: 128, path: 'qemu' });
    expect(bootMs).toBeGreaterThan(0);
    expect((await lab.journal.pending()).map(({ kind }) => kind)).toContain('domain');

    const console = await openConsole(libvirt, 'talker');
    await expect(openConsole(await lab.connect(), 'talker')).rejects.toMatchObject({ code: 'console-busy' });
    console.write('echo $((6*7)) is-the-answer; id; uptime\n');
    const heard = await listen(console, /42 is-the-answer[\s\S]*uid=0[\s\S]*load average/);
    expect(heard).toContain('42 is-the-answer');
    console.destroy();
    // The guest's user on the host owns nothing and is not root.
    expect(await qemuUser(dvm.uuid)).toBe(64_055);

    const events: string[] = [];
    const unlisten = await libvirt.onLifecycle(({ kind }) => events.push(kind));
    await stopDvm(libvirt, 'talker', { graceMs: 60_000, journal: lab.journal });
    unlisten();
    expect(events).toContain('shutdown');
    expect(await listDvms(libvirt)).toEqual([]);
    expect((await lab.journal.pending()).filter(({ kind }) => kind === 'domain')).toEqual([]);
  });

  test('the commands list, talk to and stop a DVM', async () => {
    await started('by-command');
    const list = await logos(['dvm', 'list', '--json']);
    expect(list).toMatchObject({ ok: true, dvms: [{ name: 'by-command', state: 'running' }] });
    const said = await logosConsole('by-command', 'echo the-guest-says-$((40+2))\n');
    expect(said).toContain('the-guest-says-42');
    expect(await atTerminal('by-command', 'echo typed-$((40+2))\r', /typed-42/)).toBe(0);
    expect(await logos(['dvm', 'stop', 'by-command', '--json'])).toMatchObject({ ok: true });
    expect(await logos(['dvm', 'stop', 'by-command', '--json'])).toMatchObject({ error: { code: 'dvm-not-found' } });
    expect(await logos(['dvm', 'stop', '../x', '--json'])).toMatchObject({ error: { code: 'dvm-spec-invalid' } });
  });

  test('a libvirtd that is killed finds its running guest again', async () => {
    const { dvm } = await started('survivor');
    const pid = lab.pid;
    const lost = new Promise<string>((resolve) => libvirt.onClose((reason) => resolve(reason.code)));
    const pending = libvirt.capabilities().catch((error) => error.code);
    await lab.kill();
    expect(await lost).toBe('libvirt-connection-lost');
    expect([await pending]).not.toContain(undefined);
    await expect(libvirt.listDomains()).rejects.toMatchObject({ code: 'libvirt-connection-lost' });
    await lab.start();
    libvirt = await lab.connect();
    expect(lab.pid).not.toBe(pid);
    const [again] = await listDvms(libvirt);
    expect(again).toMatchObject({ name: 'survivor', uuid: dvm.uuid, state: 'running' });
    const console = await openConsole(libvirt, 'survivor');
    console.write('echo still-$((1+1))-here\n');
    expect(await listen(console, /still-2-here/)).toContain('still-2-here');
    console.destroy();
    await stopDvm(libvirt, 'survivor', { graceMs: 0, journal: lab.journal });
  });

  test('a guest that misses its deadline is ended, and the reason has its last words', async () => {
    const wrong = startDvm(libvirt, spec('mute'), { readyLine: 'NEVER-PRINTED', deadlineMs: 20_000 });
    await expect(wrong).rejects.toMatchObject({ code: 'dvm-not-ready' });
    expect(await libvirt.listDomains()).toEqual([]);
    const broken = join(lab.home.cache, 'guest', 'broken');
    await writeFile(broken, 'no kernel');
    const unbootable = startDvm(libvirt, spec('broken', { kernel: broken }), {
      readyLine: READY_LINE,
      deadlineMs: 20_000,
    });
    await expect(unbootable).rejects.toMatchObject({ code: expect.stringMatching(/dvm-not-ready|libvirt-error/) });
    await rm(broken);
    expect(await libvirt.listDomains()).toEqual([]);
  });

  test('a start that is cancelled leaves nothing', async () => {
    const cancel = new AbortController();
    const start = startDvm(libvirt, spec('cancelled'), {
      readyLine: READY_LINE,
      deadlineMs: DEADLINE,
      signal: cancel.signal,
      journal: lab.journal,
    });
    setTimeout(() => cancel.abort(new UserError('cancelled', 'stop')), 1_000);
    await expect(start).rejects.toMatchObject({ code: 'cancelled' });
    expect(await libvirt.listDomains()).toEqual([]);
    expect((await lab.journal.pending()).filter(({ kind }) => kind === 'domain')).toEqual([]);
  });

  test('the probes tell what this machine can do', async (ctx) => {
    const emulated = await bootProbe(libvirt, { type: 'qemu', deadlineMs: DEADLINE, image });
    expect(emulated).toMatchObject({ booted: true, line: expect.stringContaining(READY_LINE) });
    const kvm = await probeKvm();
    if (kvm.device !== 'open') ctx.skip('needs a /dev/kvm that opens');
    expect(kvm).toMatchObject({ apiVersion: 12, vmCreated: true });
    const began = performance.now();
    const probe = await bootProbe(libvirt, { type: 'kvm', deadlineMs: 10_000, image });
    expect(performance.now() - began).toBeLessThan(20_000);
    // Below 10 M instructions a second it is no KVM that could boot a kernel.
    if ((kvm.rate ?? 0) < 10) expect(probe).toMatchObject({ booted: false, why: expect.stringMatching(/./) });
    expect(await libvirt.listDomains()).toEqual([]);
  });

  test('a damaged image is made anew, by two at once', async () => {
    await writeFile(image.kernel, 'damaged');
    const [one, two] = await Promise.all([
      prepareGuestImage(lab.home, localExec),
      prepareGuestImage(lab.home, localExec),
    ]);
    expect(one).toEqual(two);
    expect((await stat(one.kernel)).size).toBeGreaterThan(1_000_000);
    expect((await readdir(join(lab.home.cache, 'guest'))).filter((name) => name.startsWith('.work'))).toEqual([]);
    image = one;
  });

  test('undo ends a guest whose libvirtd is dead', async () => {
    const { dvm } = await started('orphan');
    await lab.kill();
    expect(await qemuUser(dvm.uuid)).toBe(64_055);
    await lab.journal.undo(hypervisorUndoers, ({ kind }) => kind === 'domain');
    expect(await qemuUser(dvm.uuid)).toBeUndefined();
    await lab.start();
    libvirt = await lab.connect();
    expect(await listDvms(libvirt)).toEqual([]);
  });

  const logos = async (args: readonly string[]): Promise<unknown> => {
    const env = { ...process.env, LOGOS_HOME: lab.home.root };
    const run = promisify(execFile)(process.execPath, [ENTRY, ...args], { env }).catch((error) => error);
    const { stdout } = (await run) as { stdout: string };
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null');
  };
  /** A person at a terminal: types, waits for the guest's answer, then leaves with Ctrl-]. Gives the exit code. */
  const atTerminal = (name: string, typed: string, wanted: RegExp): Promise<number> =>
    new Promise((resolve) => {
      const env = { ...process.env, LOGOS_HOME: lab.home.root };
      const terminal = openTerminal(process.execPath, [ENTRY, 'dvm', 'console', name], { env });
      let text = '';
      let sent = false;
      terminal.onData((data) => {
        text += data;
        if (!sent && text.includes('dvm#')) {
          sent = true;
          terminal.write(typed);
        } else if (sent && wanted.test(text)) terminal.write('\u001D');
      });
      terminal.onExit(({ exitCode }) => resolve(exitCode));
    });
  const logosConsole = (name: string, input: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, LOGOS_HOME: lab.home.root };
      const child = spawn(process.execPath, [ENTRY, 'dvm', 'console', name], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      child.on('error', reject);
      child.on('close', () => resolve(text));
      child.stdin.end(input);
    });
});

/** Everything that a private libvirtd and its guests could leave on the host. */
async function traces(): Promise<string[]> {
  const found: string[] = [];
  for (const directory of ['/etc', '/etc/libvirt', '/run', '/run/lock', '/var/lib', '/var/log', '/var/cache', '/dev']) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((name) => /libvirt|qemu|kvm|passwd|group|LCK/.test(name))) {
      const { mode, uid, mtimeMs } = await stat(join(directory, name));
      found.push(`${join(directory, name)} ${mode} ${uid} ${mtimeMs}`);
    }
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return [...found, ...mounts.filter((line) => /libvirt|\/dev\/kvm|\/etc\/(passwd|group)/.test(line))];
}

function listen(console: Duplex, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`the guest said only: ${text}`)), 60_000);
    console.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (wanted.test(text)) {
        clearTimeout(timer);
        resolve(text);
      }
    });
  });
}

async function qemuUser(uuid: string): Promise<number | undefined> {
  for (const pid of await readdir('/proc')) {
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    if (command.includes(`\0-uuid\0${uuid}\0`)) return (await stat(join('/proc', pid))).uid;
  }
  return undefined;
}
