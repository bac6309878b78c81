import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COUNT, Heard, numbersOnDisk } from '../../lab/counting-guest.ts';
import { type DvmLabHost, startDvmLabHost } from '../../lab/dvm-hosts.ts';
import { SHARED_CACHE } from '../../lab/instance.ts';
import { libvirtLabNeeds } from '../../lab/libvirt.ts';
import {
  collectDvms,
  createDvm,
  deleteSnapshot,
  directoryLink,
  evacuateHere,
  listDvms,
  migrateDvm,
  openConsole,
  removeDvm,
  resizeDvm,
  revertDvm,
  startAgain,
  suspendDvm,
  takeSnapshot,
} from '../../src/hypervisor/index.ts';

const lacks = libvirtLabNeeds();
/** An emulated guest on a machine that is busy with others. */
const LONG = 600_000;
const DVM = { vcpus: 1, memoryMiB: 128, path: 'qemu', deadlineMs: LONG } as const;
const states = async ({ host }: DvmLabHost) =>
  Object.fromEntries((await listDvms(host.libvirt)).map(({ name, state }) => [name, state]));
const linkTo = ({ host }: DvmLabHost) => directoryLink(host.sockets ?? '');
const counts = (numbers: readonly number[]) => numbers.every((number, index) => number === index + 1);

describe.skipIf(lacks)(`DVMs on two hosts${lacks ? `: ${lacks}` : ''}`, () => {
  let a: DvmLabHost;
  let b: DvmLabHost;
  let shared: string;

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), 'logos-shared-'));
    // QEMU's user passes through it.
    await chmod(shared, 0o711);
    // One after the other: should the second not start, the first is known and closed.
    a = await startDvmLabHost();
    b = await startDvmLabHost();
  }, LONG);

  afterAll(async () => {
    await a?.close();
    await b?.close();
    await rm(shared, { recursive: true, force: true });
  });

  test('one that writes moves live with its disk, and loses no byte of disk or serial line', {
    timeout: LONG,
  }, async () => {
    await createDvm(a.host, { ...DVM, name: 'busy', diskMiB: [64] });
    const heard = new Heard();
    const console = await openConsole(a.host.libvirt, 'busy');
    heard.from(console);
    console.write(COUNT);
    await heard.more(20);

    const began = performance.now();
    const moved = await migrateDvm(a.host, b.host, 'busy', {
      link: linkTo(b),
      onIncoming: async (domain) => heard.from(await b.host.libvirt.openConsole(domain)),
    });
    await heard.more(20);
    const pauseMs = heard.longestGap(began);
    process.stderr.write(
      `DVM moved live in ${moved.totalMs} ms: silent for ${pauseMs.toFixed(0)} ms, ${moved.downtimeMs} ms by QEMU's clock\n`,
    );
    // At most a second on an idle machine; others may be at work on this one.
    expect(pauseMs).toBeLessThan(20_000);
    expect(moved).toMatchObject({ name: 'busy', copiedDisks: 1, downtimeMs: expect.any(Number) });

    expect([await states(a), await states(b)]).toEqual([{}, { busy: 'running' }]);
    expect((await a.guests()).size + (await b.guests()).size).toBe(1);
    await suspendDvm(b.host, 'busy');
    const said = heard.numbers();
    expect(said.length).toBeGreaterThanOrEqual(40);
    expect(counts(said)).toBe(true);
    const [disk] = (await b.host.definitions.find('busy'))?.disks ?? [];
    // Not through a migration's eyes: the file itself, once nobody writes it.
    await b.host.libvirt.destroy((await b.host.libvirt.findDomain('busy')) ?? expect.fail('gone'));
    const written = await numbersOnDisk(disk?.file ?? '');
    expect(counts(written)).toBe(true);
    expect(written.length).toBeGreaterThanOrEqual(said.length);

    expect(await a.host.disks.isThere(join(a.host.diskDirectory, basename(disk?.file ?? '')))).toBe(false);
    await removeDvm(b.host, 'busy', { graceMs: 0 });
    expect(await b.host.disks.isThere(disk?.file ?? '')).toBe(false);
    expect(await collectDvms(a.host)).toEqual([]);
    expect(await collectDvms(b.host)).toEqual([]);
  });

  test('a killed host’s DVMs are back on the other, with what was on their disks, and it gives them up', {
    timeout: LONG,
  }, async () => {
    for (const name of ['kept-0', 'kept-1']) {
      await createDvm(a.host, { ...DVM, name, diskMiB: [16], sharedDirectory: shared });
    }
    // Live over shared storage first: nothing is copied.
    const moved = await migrateDvm(a.host, b.host, 'kept-0', { link: linkTo(b) });
    expect(moved.copiedDisks).toBe(0);
    const heard = new Heard();
    const console = await openConsole(b.host.libvirt, 'kept-0');
    heard.from(console);
    console.write(COUNT);
    await heard.more(10);
    await migrateDvm(b.host, a.host, 'kept-0', {
      link: linkTo(a),
      onIncoming: async (domain) => heard.from(await a.host.libvirt.openConsole(domain)),
    });
    await heard.more(10);

    await a.powerCut();
    const began = performance.now();
    const back = await evacuateHere(b.host, shared, a.host.id);
    process.stderr.write(`DVMs of a killed host were back after ${(performance.now() - began).toFixed(0)} ms\n`);
    expect(back.map(({ name, is }) => [name, is])).toEqual([
      ['kept-0', 'started'],
      ['kept-1', 'started'],
    ]);
    expect(await states(b)).toEqual({ 'kept-0': 'running', 'kept-1': 'running' });
    const said = heard.numbers();
    expect(counts(said)).toBe(true);

    await a.lab.start();
    await a.reconnect();
    const yielded = await collectDvms(a.host);
    expect(yielded.map(({ name, did }) => [name, did])).toEqual([
      ['kept-0', 'yield'],
      ['kept-1', 'yield'],
    ]);
    expect([(await a.guests()).size, (await b.guests()).size]).toEqual([0, 2]);
    await removeDvm(b.host, 'kept-1', { graceMs: 0 });
    await suspendDvm(b.host, 'kept-0');
    await b.host.libvirt.destroy((await b.host.libvirt.findDomain('kept-0')) ?? expect.fail('gone'));
    const written = await numbersOnDisk(join(shared, 'kept-0-0.qcow2'));
    expect(counts(written)).toBe(true);
    expect(written.length).toBeGreaterThanOrEqual(said.length);
    await removeDvm(b.host, 'kept-0', { graceMs: 0 });
  });

  test(
    'its owner’s commands: it stands still, moves, goes back, grows, is stopped and started again',
    async () => {
      const run = (args: readonly string[], { lab } = a) => logos(args, lab.home.root);
      const name = 'owned';
      const disk = '16';
      const start = ['start', name, '--disk', disk, '--max-vcpus', '2', '--deadline', '240', '--path', 'qemu'];
      expect(await run(start)).toMatchObject({
        ok: true,
      });
      expect(await run(['suspend', name])).toMatchObject({ ok: true, name });
      expect(await run(['collect'])).toMatchObject({ ok: true, collected: [] });
      expect(await states(a)).toEqual({ owned: 'paused' });
      expect(await run(['migrate', name, '--to', b.host.id])).toMatchObject({ ok: true, copiedDisks: 1 });
      expect([await states(a), await states(b)]).toEqual([{}, { owned: 'paused' }]);
      expect(await run(['resume', name], b)).toMatchObject({ ok: true });
      expect(await states(b)).toEqual({ owned: 'running' });

      expect(await run(['snapshot', name, 'first'], b)).toMatchObject({ ok: true, snapshot: 'first' });
      await expect(takeSnapshot(b.host, name, 'first')).rejects.toMatchObject({ code: 'snapshot-exists' });
      await expect(migrateDvm(b.host, a.host, name, { link: linkTo(a) })).rejects.toMatchObject({
        code: 'dvm-has-snapshots',
      });
      const heard = new Heard();
      const console = await openConsole(b.host.libvirt, name);
      heard.from(console);
      console.write(COUNT);
      await heard.more(5);
      console.destroy();
      expect(await run(['snapshot', name, 'first', '--revert'], b)).toMatchObject({ ok: true });
      await deleteSnapshot(b.host, name, 'first');
      expect(await run(['snapshot', name], b)).toMatchObject({ ok: true, snapshots: [] });
      await expect(revertDvm(b.host, name, 'first')).rejects.toMatchObject({ code: 'snapshot-not-found' });

      await expect(resizeDvm(b.host, name, { diskMiB: 8 })).rejects.toMatchObject({ code: 'dvm-resize-smaller' });
      // Memory waits for the next start; a second processor is there at once, and stays over a move.
      expect(await run(['resize', name, '--memory', '160'], b)).toMatchObject({ ok: true, atNextStart: ['memoryMiB'] });
      await resizeDvm(b.host, name, { memoryMiB: 128 });
      expect(await run(['resize', name, '--vcpus', '2'], b)).toMatchObject({ ok: true, atNextStart: [] });
      expect(await run(['list'], b)).toMatchObject({ dvms: [{ name, state: 'running', vcpus: 2, memoryMiB: 128 }] });
      expect(await resizeDvm(b.host, name, { vcpus: 1 })).toMatchObject({ atNextStart: ['vcpus'] });
      // No machine has that much: it goes on as it was.
      await expect(resizeDvm(b.host, name, { memoryMiB: 16_777_216, restart: true })).rejects.toThrow();
      expect(await states(b)).toEqual({ owned: 'running' });
      expect(await b.host.definitions.find(name)).toMatchObject({ memoryMiB: 128, up: true });
      // One that did not come up can be given another size all the same.
      await b.host.libvirt.destroy((await b.host.libvirt.findDomain(name)) ?? expect.fail('gone'));
      const larger = ['--disk', '32', '--vcpus', '2', '--memory', '192', '--restart'];
      expect(await run(['resize', name, ...larger], b)).toMatchObject({ ok: true, vcpus: 2, diskMiB: [32] });
      expect(await run(['stop', name, '--now'], b)).toMatchObject({ ok: true });
      // What the revert undid is not on the disk: only what it held at the snapshot, which was nothing.
      expect(await numbersOnDisk(join(b.host.diskDirectory, 'owned-0.qcow2'))).toEqual([]);
      expect(await run(['list'], b)).toMatchObject({ dvms: [{ name, state: 'shutoff', vcpus: 2, memoryMiB: 192 }] });
      expect(await collectDvms(b.host)).toEqual([]);
      await startAgain(b.host, name);
      expect(await states(b)).toEqual({ owned: 'running' });
      expect(await run(['remove', name, '--yes'], b)).toMatchObject({ ok: true });
      expect(await run(['suspend', name], b)).toMatchObject({ ok: false, error: { code: 'dvm-not-found' } });
      expect((await a.guests()).size + (await b.guests()).size).toBe(0);
    },
    LONG,
  );
});

/** The command's closing line. */
async function logos(args: readonly string[], home: string): Promise<unknown> {
  const entry = join(import.meta.dirname, '../../bin/dev.js');
  const env = { ...process.env, LOGOS_HOME: home, LOGOS_CACHE: SHARED_CACHE };
  const run = promisify(execFile)(process.execPath, [entry, 'dvm', ...args, '--json'], { env }).catch((error) => error);
  const { stdout } = (await run) as { stdout: string };
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null');
}
