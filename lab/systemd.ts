import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, localExec } from '../src/system/exec.ts';
import { cached, cachedPath, isThere, makeDebianRoot } from './debian-root.ts';

/** Debian with systemd as process 1: a container of systemd-nspawn in a network namespace of its own, over a cached root. */
export interface SystemdHost {
  /** Where its `/` is on this machine. */
  root: string;
  /** A directory on this machine that goes when it goes. */
  scratch: string;
  /** Runs a program inside. */
  exec: Exec;
  /** The words before a program of this machine that run it in the host's network. */
  inItsNetwork(): readonly string[];
  /** Shuts it down and boots it again on the same disk. */
  reboot(): Promise<void>;
  close(): Promise<void>;
}

export interface SystemdHostOptions {
  /** Directories of this machine that it sees at the same place. */
  readOnly?: readonly string[];
  /** The directories that make up its `/`, the uppermost first. Default: a minimal Debian. */
  layers?: readonly string[];
  /** Where what it writes is kept: a directory on the same file system as `layers`. Default: a temporary one. */
  changes?: string;
  /** Devices of this machine that it has, too. */
  devices?: readonly string[];
  /** The words before a program that run it in the network that it is to be in. Default: a new one. */
  network?: readonly string[];
}

const MINIMAL = {
  suite: 'bookworm',
  packages: ['systemd', 'systemd-sysv', 'dbus'],
  /** They want hardware, or wait for a network that is not there. */
  masked: ['systemd-udevd.service', 'systemd-networkd-wait-online.service', 'systemd-modules-load.service'],
};
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

/** Boots one. It ends, and leaves nothing behind, even when this process is killed. */
export async function startSystemdHost(options: SystemdHostOptions): Promise<SystemdHost> {
  const layers = options.layers ?? [await minimalRoot()];
  const base = await mkdtemp(join(tmpdir(), 'logos-systemd-'));
  const [work, root] = [`${options.changes ?? join(base, 'upper')}.work`, join(base, 'root')];
  const upper = options.changes ?? join(base, 'upper');
  for (const directory of [upper, work, root]) await mkdir(directory, { recursive: true });
  const leftovers = removeAtEnd(root, work, base);
  const overlay = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`;
  await localExec('mount', ['-t', 'overlay', 'overlay', '-o', overlay, root]);
  await writeFile(join(root, 'etc/machine-id'), '');
  // With a writable /proc/sys it would set this machine's own fs.* settings, and leave them so.
  const sysctl = join(root, 'etc/systemd/system/systemd-sysctl.service');
  await rm(sysctl, { force: true });
  await symlink('/dev/null', sysctl);
  const start = () => boot(root, options, join(base, 'console.log'));
  let machine = await start().catch(async (error: unknown) => {
    await leftovers();
    throw error;
  });
  return {
    root,
    scratch: base,
    exec: (command, args, execOptions) =>
      localExec(
        'nsenter',
        [...entering(machine, 'mount', 'uts', 'ipc', 'net', 'pid', 'cgroup'), command, ...args],
        execOptions,
      ),
    inItsNetwork: () => ['nsenter', ...entering(machine, 'net')],
    reboot: async () => {
      await machine.shutdown();
      machine = await start();
    },
    close: async () => {
      await machine.shutdown();
      await leftovers();
    },
  };
}

function entering({ leader }: Machine, ...namespaces: readonly string[]): string[] {
  return ['--target', String(leader), ...namespaces.map((name) => `--${name}`), '--'];
}

/** Processes whose `/` is the overlay (proc_pid_mountinfo(5)): they outlive an nspawn that is killed. */
const TAKE_AWAY = `
  cat
  mount=$1; work=$2; shift
  grep -lE "^[0-9]+ [0-9]+ [0-9:]+ / / .*workdir=$work" /proc/[0-9]*/mountinfo 2>/dev/null |
    cut -d / -f 3 | xargs -r kill -KILL 2>/dev/null
  while mountpoint -q "$mount" && ! umount --recursive "$mount"; do sleep 0.2; done
  rm -rf --one-file-system -- "$@"`;

/**
 * Has a shell wait for the end of this process, or of the function that it gives, and then take away the overlay with all that
 * runs in it. The shell is a session of its own, so that the terminal's Ctrl-C does not end it first.
 */
function removeAtEnd(mount: string, work: string, directory: string): () => Promise<void> {
  const child = spawn('sh', ['-c', TAKE_AWAY, 'sh', mount, work, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return async () => {
    child.stdin.end();
    await ended;
  };
}

interface Machine {
  /** Its process 1, by its number on this machine. */
  leader: number;
  shutdown(): Promise<void>;
}

async function boot(root: string, options: SystemdHostOptions, consoleLog: string): Promise<Machine> {
  const log = await open(consoleLog, 'a');
  const { network = ['unshare', '--net', '--'] } = options;
  // nspawn in a new network namespace instead of --private-network, which needs more of the machine than it has here.
  const nspawn = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', ...network, 'systemd-nspawn'],
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--boot',
      `--directory=${root}`,
      '--capability=all',
      '--system-call-filter=@mount @keyring bpf perf_event_open',
      '--resolv-conf=off',
      '--timezone=off',
      '--console=pipe',
      ...(options.readOnly ?? []).map((path) => `--bind-ro=${path}`),
      ...(options.devices ?? []).map((path) => `--bind=${path}`),
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
      if (nspawn.exitCode !== null || nspawn.signalCode !== null) return;
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

/** A minimal Debian, made once and kept outside the clone. */
function minimalRoot(): Promise<string> {
  const path = cachedPath('systemd-root', Object.values(MINIMAL));
  return cached(path, (building) => makeDebianRoot(MINIMAL, building, 600_000));
}
