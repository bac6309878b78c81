import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COUNT, Heard, numbersOnDisk } from '../../lab/counting-guest.ts';
import { type DvmLabHost, startDvmLabHost } from '../../lab/dvm-hosts.ts';
import { SHARED_CACHE } from '../../lab/instance.ts';
import { libvirtLabNeeds } from '../../lab/libvirt.ts';
import { type LabMachine, startLabMachine } from '../../lab/machine.ts';
import { type LabNetwork, startLabNetwork } from '../../lab/network.ts';
import { makeSshKey, type SshHost, startSshHost } from '../../lab/ssh-host.ts';
import { certify, collectDvms, createDvm, listDvms, openConsole, removeDvm } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';

const lacks =
  libvirtLabNeeds() ??
  (existsSync('/usr/sbin/sshd') ? undefined : 'needs sshd (openssh-server)') ??
  (existsSync('/usr/bin/openssl') ? undefined : 'needs openssl');
const LONG = 600_000;
const DVM = { vcpus: 1, memoryMiB: 128, path: 'qemu', deadlineMs: LONG } as const;
const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const MOVER = join(import.meta.dirname, '../../lab/dvm-mover-child.ts');
const counts = (numbers: readonly number[]) => numbers.every((number, index) => number === index + 1);
const states = async ({ host }: DvmLabHost) =>
  Object.fromEntries((await listDvms(host.libvirt)).map(({ name, state }) => [name, state]));

describe.skipIf(lacks)(`DVMs on two machines${lacks ? `: ${lacks}` : ''}`, () => {
  let directory: string;
  let network: LabNetwork;
  let left: LabMachine;
  let right: SshHost;
  let a: DvmLabHost;
  let b: DvmLabHost;
  let overSsh: string;
  const env = (host: DvmLabHost) => ({ LOGOS_HOME: host.lab.home.root, LOGOS_CACHE: SHARED_CACHE });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logos-machines-'));
    // QEMU's user passes through it.
    await chmod(directory, 0o711);
    network = await startLabNetwork();
    const key = join(directory, 'key');
    await makeSshKey(key);
    left = await startLabMachine(network, { name: 'left' });
    right = await startSshHost(network, 'right', await readFile(`${key}.pub`, 'utf8'));
    a = await startDvmLabHost({ machine: left });
    b = await startDvmLabHost({ machine: right.machine });
    await writeFile(join(directory, 'known_hosts'), right.knownHost);
    // What is installed there: the program from source, with the lab's guest images.
    const program = join(directory, 'logos');
    const words = [`LOGOS_CACHE='${SHARED_CACHE}'`, `LOGOS_ENTRY='${ENTRY}'`, `'${process.execPath}'`, `'${ENTRY}'`];
    await writeFile(program, `#!/bin/sh\nexec env ${words.join(' ')} "$@"\n`, { mode: 0o755 });
    const query = new URLSearchParams({
      home: b.lab.home.root,
      command: program,
      keyfile: key,
      known_hosts: join(directory, 'known_hosts'),
    });
    overSsh = `qemu+ssh://root@${right.machine.address}/system?${query}`;
  }, LONG);

  afterAll(async () => {
    await a?.close();
    await b?.close();
    await right?.close();
    await left?.close();
    await network?.close();
    await rm(directory, { recursive: true, force: true });
  }, LONG);

  const overTls = (pki: string) => `qemu+tls://${left.address}/system?pkipath=${pki}`;

  const logos = async (machine: LabMachine, host: DvmLabHost, args: readonly string[]) => {
    const { stdout } = await machine.exec(process.execPath, [ENTRY, 'dvm', ...args, '--json'], {
      env: env(host),
      timeout: LONG,
      accept: [0, 1, 2, 3],
    });
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null');
  };

  const counting = async (host: DvmLabHost, name: string): Promise<Heard> => {
    const heard = new Heard();
    const console = await openConsole(host.host.libvirt, name);
    heard.from(console);
    console.write(COUNT);
    await heard.more(10);
    return heard;
  };

  /** Moves it between the machines while it writes, listening all the time. `arriving`: what happens while it is on its way. */
  const move = async (
    [machine, from]: readonly [LabMachine, DvmLabHost],
    [name, uri]: readonly [string, string],
    arriving: () => Promise<void>,
  ) => {
    const child = machine.start(process.execPath, ['--import', 'tsx', MOVER, name, uri], {
      env: { ...process.env, ...env(from) },
      cwd: join(import.meta.dirname, '../..'),
      input: 'pipe',
    });
    child.stderr?.on('data', (data) => process.stderr.write(data));
    for await (const line of linesOf(child)) {
      const said = JSON.parse(line);
      if (said.event !== 'incoming') return said;
      await arriving();
      child.stdin?.write('go on\n');
    }
    throw new Error('the mover said nothing');
  };

  const listenTo = (host: DvmLabHost, name: string, heard: Heard) => async () => {
    const domain = (await host.host.libvirt.findDomain(name)) ?? expect.fail('not on its way');
    heard.from(await host.host.libvirt.openConsole(domain));
  };

  const expectAllThere = async ({ host }: DvmLabHost, name: string, heard: readonly Heard[]): Promise<void> => {
    const [disk] = (await host.definitions.find(name))?.disks ?? [];
    await host.libvirt.destroy((await host.libvirt.findDomain(name)) ?? expect.fail('gone'));
    // What the one machine's console said last may be heard after what the other's said first.
    const whole = new Heard();
    whole.text = heard.map(({ text }) => text).join('');
    const said = whole.numbers();
    const written = await numbersOnDisk(disk?.file ?? '');
    expect(said).toEqual(said.map((_, index) => index + 1));
    expect(counts(written)).toBe(true);
    expect(written.length).toBeGreaterThanOrEqual(said.length);
    await removeDvm(host, name, { graceMs: 0 });
  };

  test('over SSH a DVM that writes moves with its disk; where the wire is cut, it stays where it was', {
    timeout: LONG,
  }, async () => {
    await createDvm(a.host, { ...DVM, name: 'busy', diskMiB: [32] });
    const heard = await counting(a, 'busy');
    const way = [left, a] as const;
    expect(await move(way, ['busy', overSsh], () => right.cutConnections())).toMatchObject({ event: 'failed' });
    await heard.more(5);
    await collectDvms(b.host, { peer: async (id) => (id === a.host.id ? a.host : undefined) });
    expect([await states(a), await states(b)]).toEqual([{ busy: 'running' }, {}]);

    const began = performance.now();
    const after = new Heard();
    const { event, moved } = await move(way, ['busy', overSsh], listenTo(b, 'busy', after));
    expect([event, moved]).toMatchObject(['moved', { name: 'busy', copiedDisks: 1, downtimeMs: expect.any(Number) }]);
    await after.more(10);
    report('SSH', moved, silence(heard, after, began));
    expect([await states(a), await states(b)]).toEqual([{}, { busy: 'running' }]);
    expect((await a.guests()).size + (await b.guests()).size).toBe(1);
    await expectAllThere(b, 'busy', [heard, after]);
    expect([await collectDvms(a.host), await collectDvms(b.host)]).toEqual([[], []]);
  });

  test('over TLS one on shared storage moves for who has a certificate of the same authority, and nobody else', {
    timeout: LONG,
  }, async () => {
    const hosts = [left.address, right.machine.address];
    const [here = '', there = ''] = await certify(join(directory, 'pki'), hosts, localExec);
    const [, foreign = ''] = await certify(join(directory, 'foreign'), hosts, localExec);
    const listener = left.start(process.execPath, [ENTRY, 'dvm', 'listen', '--address', left.address, '--pki', here], {
      env: { ...process.env, ...env(a) },
    });
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        printed += text;
        if (printed.includes('Listening at')) resolve();
      };
      listener.stdout?.on('data', hear);
      listener.stderr?.on('data', hear);
      listener.once('exit', () => reject(new Error(printed)));
    });
    await createDvm(b.host, { ...DVM, name: 'kept', diskMiB: [16], sharedDirectory: directory });
    const heard = await counting(b, 'kept');

    const refused = await logos(right.machine, b, ['migrate', 'kept', '--to', overTls(foreign)]);
    expect(refused).toMatchObject({ ok: false, error: { code: 'dvm-remote-unreachable' } });
    // The right authority, as a client that has a certificate of another one.
    for (const file of ['clientcert.pem', 'clientkey.pem']) await copyFile(join(foreign, file), join(here, file));
    const unknown = await logos(right.machine, b, ['migrate', 'kept', '--to', overTls(here)]);
    expect(unknown).toMatchObject({ ok: false, error: { code: 'dvm-remote-lost' } });
    expect(await states(b)).toEqual({ kept: 'running' });

    const began = performance.now();
    const way = [right.machine, b] as const;
    const after = new Heard();
    const { event, moved } = await move(way, ['kept', overTls(there)], listenTo(a, 'kept', after));
    expect([event, moved]).toMatchObject(['moved', { name: 'kept', copiedDisks: 0 }]);
    await after.more(10);
    report('TLS', moved, silence(heard, after, began));
    expect([await states(a), await states(b)]).toEqual([{ kept: 'running' }, {}]);
    await expectAllThere(a, 'kept', [heard, after]);
    const ended = new Promise((resolve) => listener.once('exit', resolve));
    listener.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

/** How long nothing was said by either, the one after the other. Milliseconds. */
function silence(before: Heard, after: Heard, since: number): number {
  return Math.max(before.longestGap(since), after.longestGap(since), after.firstAt() - before.lastAt());
}

/** At most a second on an idle machine; nothing waits for it here, since others may be at work on this one. */
function report(way: string, { totalMs, downtimeMs }: { totalMs: number; downtimeMs: number }, silentMs: number): void {
  const silent = `silent for ${silentMs.toFixed(0)} ms, ${downtimeMs} ms by QEMU's clock`;
  process.stderr.write(`DVM moved live over ${way} in ${totalMs} ms: ${silent}\n`);
}

async function* linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout) yield* createInterface({ input: child.stdout });
}
