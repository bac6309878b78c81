import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ComputePath,
  type GuestImage,
  type Libvirt,
  LOAD_DEVICES,
  openConsole,
  READY_LINE,
  startDvm,
  stopDvm,
  type TemporaryLibvirtd,
} from '../../hypervisor/index.ts';
import { ExternalError } from '../../system/errors.ts';
import type { Journal } from '../../system/journal.ts';
import { hostShell } from './host-shell.ts';
import { type Compared, type CompareOptions, compareWork, type Side } from './sample.ts';
import { freePort, serveFiles } from './server.ts';
import { MeasuredShell } from './shell.ts';
import { DISK_MIB, DOWNLOAD_MIB, WORK_NAMES, type WorkName } from './work.ts';

/** What a guest on one path took and reached beside the host that it runs on. */
export interface GuestFigures {
  /** From the request to the guest's line: each start. */
  readonly boots: readonly { readonly ms: number; readonly cpuSeconds: number }[];
  readonly works: readonly Compared[];
}

export interface MeasureGuestOptions extends CompareOptions {
  readonly daemon: TemporaryLibvirtd;
  readonly image: GuestImage;
  readonly path: ComputePath;
  readonly journal: Journal;
  readonly boots: number;
  readonly works?: readonly WorkName[];
  readonly onProgress?: (text: string) => void;
}

/** Enough for two of the arrays that are copied, and for the guest itself. */
const MEMORY_MIB = 256;
const DEADLINE_MS = 180_000;
/** Link-local addresses (RFC 3927): they lead nowhere else. */
const [HOST_ADDRESS, GUEST_ADDRESS, PREFIX] = ['169.254.77.1', '169.254.77.2', 30];

/** Starts guests on the path and has the last of them and the host do the same work. Throws as `startDvm` and `MeasuredShell.run` do. */
export async function measureGuest(options: MeasureGuestOptions): Promise<GuestFigures> {
  const { daemon, signal, onProgress = () => {} } = options;
  const work = await mkdtemp(join(tmpdir(), 'logos-paths-'));
  const diskName = `logos-paths-${randomBytes(4).toString('hex')}.raw`;
  const disk = join(daemon.disks, diskName);
  const name = `paths-${options.path}-${randomBytes(4).toString('hex')}`;
  try {
    await makeDisk(disk, daemon.diskOwner);
    const boots: { ms: number; cpuSeconds: number }[] = [];
    for (let boot = 1; boot <= options.boots; boot += 1) {
      onProgress(`start ${boot} of ${options.boots}`);
      if (boot > 1) await stopDvm(daemon.libvirt, name, { graceMs: 0, journal: options.journal });
      boots.push(await startGuest(name, disk, options));
    }
    const works = await compareAll(name, { work, disk }, options, onProgress);
    return { boots, works };
  } finally {
    await stopDvm(daemon.libvirt, name, { graceMs: 0, journal: options.journal }).catch(() => {});
    await rm(disk, { force: true });
    await rm(work, { recursive: true, force: true });
    signal?.throwIfAborted();
  }
}

async function startGuest(name: string, disk: string, options: MeasureGuestOptions) {
  const { daemon, image, path, journal, signal } = options;
  const { dvm, bootMs } = await startDvm(
    daemon.libvirt,
    {
      name,
      path,
      vcpus: 1,
      memoryMiB: MEMORY_MIB,
      kernel: image.kernel,
      initramfs: image.initramfs,
      disks: [{ file: disk, format: 'raw' }],
      interfaces: [{ mac: '52:54:00:10:90:50', hostAddress: HOST_ADDRESS, prefix: PREFIX }],
    },
    { readyLine: READY_LINE, deadlineMs: DEADLINE_MS, journal, signal },
  );
  return { ms: Math.round(bootMs), cpuSeconds: dvm.cpuSeconds };
}

async function compareAll(
  name: string,
  files: { work: string; disk: string },
  options: MeasureGuestOptions,
  onProgress: (text: string) => void,
): Promise<Compared[]> {
  const { daemon, signal } = options;
  const port = await freePort();
  await makeDownload(join(files.work, 'data'));
  // What was started ends, also where the next can't start.
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const here = await serveFiles(files.work, { host: '127.0.0.1', port });
    closers.push(() => here.close());
    const there = await serveFiles(files.work, { host: HOST_ADDRESS, port }, daemon.inNetwork);
    closers.push(() => there.close());
    const shell = await hostShell(files.work);
    closers.push(() => shell.close());
    const guestShell = await shellOf(daemon.libvirt, name);
    closers.push(() => guestShell.close());
    await guestShell.run("stty -echo; PS1=''", signal);
    await guestShell.run(LOAD_DEVICES, signal);
    await guestShell.run(`ip link set eth0 up && ip addr add ${GUEST_ADDRESS}/${PREFIX} dev eth0`, signal);
    const host: Side = { shell, place: { disk: files.disk, url: `http://127.0.0.1:${port}/data` } };
    const guest: Side = { shell: guestShell, place: { disk: '/dev/vda', url: `http://${HOST_ADDRESS}:${port}/data` } };
    await requireSameResult(host, guest);
    const works: Compared[] = [];
    for (const work of options.works ?? WORK_NAMES) {
      onProgress(work);
      works.push(await compareWork(work, host, guest, options));
    }
    return works;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function shellOf(libvirt: Libvirt, name: string): Promise<MeasuredShell> {
  const domain = await libvirt.findDomain(name);
  if (!domain) throw new ExternalError('measurement-failed', `The guest ${name} has ended.`);
  const console = await openConsole(libvirt, name);
  return new MeasuredShell(console, async () => (await libvirt.domainInfo(domain)).cpuSeconds);
}

/** A processor that computes something else would have no speed to speak of. */
async function requireSameResult(host: Side, guest: Side): Promise<void> {
  const command = 'mix 123456';
  const result = async ({ shell }: Side) =>
    (await shell.run(command)).lines.find((line) => /^[0-9a-f]{16}$/.test(line));
  const [expected, found] = [await result(host), await result(guest)];
  if (expected !== undefined && expected === found) return;
  throw new ExternalError('measurement-failed', `The guest computed ${found} where the host computed ${expected}.`, {
    nextSteps: ['Update QEMU: its emulation or its virtualization is wrong on this machine.'],
  });
}

/** Written, not only sized: holes of a file are read without a disk. */
async function makeDisk(path: string, owner: number | undefined): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const block = Buffer.alloc(2 ** 20, 0xa5);
    for (let mib = 0; mib < DISK_MIB; mib += 1) await file.write(block);
    await file.sync();
  } finally {
    await file.close();
  }
  if (owner !== undefined) await chown(path, owner, owner);
}

async function makeDownload(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(DOWNLOAD_MIB * 2 ** 20);
  await file.close();
}
