import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, localExec } from '../src/system/exec.ts';

/** Debian with systemd as process 1: a container of systemd-nspawn in a network namespace of its own, over a cached root. */
export interface SystemdHost {
  /** Where its `/` is on this machine. */
  root: string;
  /** Runs a program inside. */
  exec: Exec;
  /** Shuts it down and boots it again on the same disk. */
  reboot(): Promise<void>;
  close(): Promise<void>;
}

const SUITE = 'bookworm';
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus'];
/** They want hardware, or wait for a network that is not there. */
const MASKED = ['systemd-udevd.service', 'systemd-networkd-wait-online.service', 'systemd-modules-load.service'];
/** How long a boot may take on a busy machine. */
const BOOT_MS = 60_000;

/** What this machine lacks for it, in words for `ctx.skip`, or `undefined`. */
export async function systemdHostLacks(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'root';
  for (const program of ['/usr/bin/systemd-nspawn', '/usr/bin/mmdebstrap', '/usr/bin/nsenter']) {
    if (!(await isThere(program))) return `${program} (packages systemd-container, mmdebstrap)`;
  }
  return undefined;
}

/** Boots one; `readOnly` are directories of this machine that it sees at the same place. */
export async function startSystemdHost(options: { readOnly: readonly string[] }): Promise<SystemdHost> {
  const lower = await debianRoot();
  const base = await mkdtemp(join(tmpdir(), 'logos-systemd-'));
  const [upper, work, root] = [join(base, 'upper'), join(base, 'work'), join(base, 'root')];
  for (const directory of [upper, work, root]) await mkdir(directory);
  await localExec('mount', [
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
    root,
  ]);
  await writeFile(join(root, 'etc/machine-id'), '');
  // With a writable /proc/sys it would set this machine's own fs.* settings, and leave them so.
  await symlink('/dev/null', join(root, 'etc/systemd/system/systemd-sysctl.service'));
  let machine = await boot(root, options.readOnly, join(base, 'console.log'));
  return {
    root,
    exec: (command, args, execOptions) =>
      localExec(
        'nsenter',
        [
          '--target',
          String(machine.leader),
          '--mount',
          '--uts',
          '--ipc',
          '--net',
          '--pid',
          '--cgroup',
          '--',
          command,
          ...args,
        ],
        execOptions,
      ),
    reboot: async () => {
      await machine.shutdown();
      machine = await boot(root, options.readOnly, join(base, 'console.log'));
    },
    close: async () => {
      await machine.shutdown();
      await localExec('umount', ['--recursive', root]);
      await rm(base, { recursive: true, force: true });
    },
  };
}

interface Machine {
  /** Its process 1, by its number on this machine. */
  leader: number;
  shutdown(): Promise<void>;
}

async function boot(root: string, readOnly: readonly string[], consoleLog: string): Promise<Machine> {
  const log = await open(consoleLog, 'a');
  // nspawn in a new network namespace instead of --private-network, which needs more of the machine than it has here.
  const nspawn = spawn(
    'unshare',
    [
      '--net',
      '--',
      'systemd-nspawn',
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--boot',
      `--directory=${root}`,
      '--capability=all',
      '--resolv-conf=off',
      '--timezone=off',
      '--console=pipe',
      ...readOnly.map((path) => `--bind-ro=${path}`),
    ],
    {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1', SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    },
  );
  await log.close();
  const leader = await untilBooted(nspawn, root, consoleLog);
  return {
    leader,
    shutdown: async () => {
      if (nspawn.exitCode !== null) return;
      const ended = new Promise((resolve) => nspawn.once('exit', resolve));
      nspawn.kill('SIGTERM'); // nspawn has process 1 power off
      await Promise.race([ended, delay(20_000).then(() => nspawn.kill('SIGKILL'))]);
      await ended;
    },
  };
}

async function untilBooted(nspawn: ChildProcess, root: string, consoleLog: string): Promise<number> {
  const deadline = performance.now() + BOOT_MS;
  while (performance.now() < deadline && nspawn.exitCode === null) {
    const leader = await childOf(nspawn.pid ?? 0);
    if (leader !== undefined) {
      const args = ['--target', String(leader), '--mount', '--pid', '--cgroup', '--', 'systemctl', 'is-system-running'];
      const { stdout } = await localExec('nsenter', args, { accept: [0, 1, 2, 3, 4, 127], timeout: 5_000 });
      if (/^(running|degraded)/.test(stdout)) return leader;
    }
    await delay(100);
  }
  nspawn.kill('SIGKILL');
  throw new Error(`systemd did not boot in ${root}:\n${(await readFile(consoleLog, 'utf8')).slice(-2_000)}`);
}

async function childOf(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return Number(children.trim().split(' ')[0]) || undefined;
}

/** A minimal Debian, made once and kept outside the clone; its name is the hash of what it is made from. */
async function debianRoot(): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([SUITE, PACKAGES, MASKED]))
    .digest('hex')
    .slice(0, 16);
  const cache = process.env.LOGOS_BUILD_CACHE ?? join(homedir(), '.cache/logos-build');
  const root = join(cache, `systemd-root-${key}`);
  if (await isThere(root)) return root;
  await mkdir(cache, { recursive: true });
  const building = await mkdtemp(join(cache, 'systemd-root-building-'));
  const args = [
    '--variant=minbase',
    '--mode=root',
    `--include=${PACKAGES.join(',')}`,
    '--format=directory',
    SUITE,
    building,
  ];
  await localExec('mmdebstrap', args, { timeout: 600_000 });
  for (const unit of MASKED) {
    await localExec('ln', ['-sf', '/dev/null', join(building, 'etc/systemd/system', unit)]);
  }
  await rename(building, root);
  return root;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
