import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTS, heal, type Pair, resumeAll, seeded, strike, tell, undisturbed, wrongs } from '../../lab/dvm-faults.ts';
import { type DvmLabHost, startDvmLabHost } from '../../lab/dvm-hosts.ts';
import { libvirtLabNeeds } from '../../lab/libvirt.ts';
import { createDvm, type DvmHost, haltDvm, LOAD_DEVICES } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';

/** `npm run test:dvm-faults` asks for 200. */
const COUNT = Number(process.env.DVM_FAULTS ?? 8);
const SEED = Number(process.env.DVM_FAULTS_SEED ?? 8);
const lacks =
  libvirtLabNeeds() ??
  (existsSync('/dev/loop-control') ? undefined : 'needs loop devices, to fill a disk') ??
  (existsSync('/usr/sbin/mke2fs') ? undefined : 'needs mke2fs (e2fsprogs)');
const LONG = 600_000;
const MARK = 'not-to-be-lost';

describe.skipIf(lacks)(`DVMs and faults${lacks ? `: ${lacks}` : ''}`, () => {
  let directory: string;
  const hosts: DvmLabHost[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logos-faults-'));
    for (const name of ['a', 'b']) {
      hosts.push(await startDvmLabHost({ home: await smallDisk(join(directory, name)) }));
    }
  }, LONG);

  afterAll(async () => {
    for (const host of hosts) await host.close();
    for (const name of ['a', 'b']) await localExec('umount', ['-l', join(directory, name)], { accept: [0, 32] });
    await rm(directory, { recursive: true, force: true });
  }, LONG);

  test(`after each of ${COUNT} faults (seed ${SEED}) no DVM is lost, doubled or leaked`, {
    timeout: COUNT * LONG,
  }, async () => {
    const [a, b] = hosts;
    if (!a || !b) throw new Error('no hosts');
    const pair: Pair = { hosts: [a, b], dvms: ['with-disk', 'without'], random: seeded(SEED) };
    const dvm = { vcpus: 1, memoryMiB: 128, path: 'qemu', deadlineMs: LONG } as const;
    await createDvm(a.host, { ...dvm, name: 'with-disk', diskMiB: [8] });
    await createDvm(b.host, { ...dvm, name: 'without' });
    expect(await wrongs(pair)).toEqual([]);
    await mark(a.host);
    for (let count = 0; count < COUNT; count += 1) {
      // Every kind comes in its turn; its place and moment are left to chance.
      const fault = FAULTS[count % FAULTS.length] ?? 'guest';
      const what = await strike(pair, fault);
      const began = performance.now();
      await heal(pair);
      process.stderr.write(`fault ${count + 1}: ${what}; in order ${Math.round(performance.now() - began)} ms later\n`);
      expect(await wrongs(pair), what).toEqual([]);
      await resumeAll(pair);
    }
    // A deed that fails by itself would pass every fault.
    await undisturbed(pair);
    expect(await wrongs(pair)).toEqual([]);
    const holder = (await a.host.definitions.find('with-disk')) ? a.host : b.host;
    const [disk] = (await holder.definitions.find('with-disk'))?.disks ?? [];
    await haltDvm(holder, 'with-disk', { graceMs: 0 });
    await localExec('qemu-img', ['check', '-q', disk?.file ?? '']);
    const raw = join(directory, 'raw');
    await localExec('qemu-img', ['convert', '-O', 'raw', disk?.file ?? '', raw]);
    expect((await readFile(raw)).subarray(0, MARK.length).toString('latin1')).toBe(MARK);
  });
});

/** Has the guest write something that no fault may take from its disk, and waits until the disk has it. */
async function mark(host: DvmHost): Promise<void> {
  const commands = `${LOAD_DEVICES}; printf ${MARK} | dd of=/dev/vda conv=fsync,notrunc; echo MARKED-$((1+1))\n`;
  const console = await tell(host, 'with-disk', commands);
  let text = '';
  for await (const chunk of console ?? []) {
    text += chunk;
    if (text.includes('MARKED-2')) break;
  }
}

/** A file system of its own, small enough to be filled at once. */
async function smallDisk(directory: string): Promise<string> {
  const file = `${directory}.img`;
  await writeFile(file, '');
  await truncate(file, 192 * 1024 * 1024);
  await localExec('mke2fs', ['-q', '-t', 'ext4', '-m', '0', file]);
  await mkdir(directory);
  await localExec('mount', ['-o', 'loop', file, directory]);
  await rm(join(directory, 'lost+found'), { recursive: true });
  return directory;
}
