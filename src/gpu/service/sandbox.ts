import { lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { PROGRAM_DIRECTORIES, type Shown, show, shownPrograms } from '../../system/sandbox/programs.ts';
import type { BubblewrapPlan } from '../../system/sandbox/start.ts';

/** Where this program lies for the worker. */
const PROGRAM_AT = '/run/logos/program';
const SOURCE_AT = '/run/logos/source';
/** A user that is nobody's: outside of what systems give to people, services and containers (systemd.io/UIDS-GIDS). */
const WORKER_USER = 65_600;
/** What drivers' loaders read. */
const SETTINGS = ['/etc/OpenCL', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/alternatives'];
/** The shape of the machine, which drivers ask for; of its devices only where some are lent. */
const MACHINE = '/sys/devices/system';
const DEVICE_TREES = ['/sys/devices', '/sys/dev', '/sys/bus/pci', '/sys/class/drm', '/sys/class/kfd', '/sys/module'];
/** Device nodes of compute devices: render nodes (any vendor), ROCm's and NVIDIA's. */
const NODES = [/^\/dev\/dri\/renderD[0-9]+$/, /^\/dev\/kfd$/, /^\/dev\/nvidia(?:[0-9]+|ctl|-uvm|-uvm-tools)$/];

/** What the plan needs to know of this host; everything here was looked at. */
export interface WorkerHost {
  readonly programs: readonly Shown[];
  readonly nodes: readonly string[];
  /** The groups that may use these nodes. */
  readonly groups: readonly number[];
  /** How this program is started, by real paths: the binary, or node and the script in a directory of sources. */
  readonly program: { readonly file: string; readonly source?: { readonly root: string; readonly script: string } };
  readonly isRoot: boolean;
}

/** Looks at the host. `command`: the binary alone, or node and the script that stands one directory deep in the sources. */
export async function workerHost([file = '', script]: readonly string[]): Promise<WorkerHost> {
  const found = [...(await list('/dev')), ...(await list('/dev/dri'))].filter((it) =>
    NODES.some((one) => one.test(it)),
  );
  const groups = await Promise.all(found.map(async (path) => (await lstat(path)).gid));
  const source =
    script === undefined
      ? {}
      : { source: { root: dirname(dirname(await realpath(script))), script: await realpath(script) } };
  return {
    programs: await shownPrograms(),
    nodes: found,
    groups: [...new Set(groups)].filter((gid) => gid !== 0),
    program: { file: await realpath(file), ...source },
    isRoot: process.getuid?.() === 0,
  };
}

async function list(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.sort().map((name) => join(directory, name));
}

/**
 * Plans a worker: no network, no file of the host but programs, libraries and drivers' settings, a /tmp of its own in which compilers
 * keep what they make, and a user of its own where that can be had.
 */
export function planWorker(
  host: WorkerHost,
  { scratchBytes, threads }: { scratchBytes: number; threads: number },
): BubblewrapPlan {
  const { isRoot, nodes, program } = host;
  const shared = [...host.programs, ...SETTINGS.map((path) => ({ path }))].flatMap(show);
  const own = (path: string) => ['--perms', '1777', '--size', String(scratchBytes), '--tmpfs', path];
  const trees = nodes.length > 0 ? DEVICE_TREES : [MACHINE];
  const environment = {
    PATH: PROGRAM_DIRECTORIES.join(':'),
    HOME: '/tmp',
    LC_ALL: 'C.UTF-8',
    POCL_CACHE_DIR: '/tmp/pocl',
    POCL_MAX_PTHREAD_COUNT: String(threads),
  };
  return {
    options: [
      ...['--die-with-parent', '--new-session', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
      ...['--unshare-cgroup-try', '--unshare-net', '--cap-drop', 'ALL'],
      // As root it changes to its own user first and has nothing left then; others map theirs.
      ...(isRoot ? ['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'] : ['--unshare-user']),
      // Made by the way, they would be closed to the worker's user.
      ...directories('/etc', '/run', '/run/logos', '/sys', '/sys/devices', '/sys/bus', '/sys/class', '/dev'),
      ...shared,
      ...trees.flatMap((path) => ['--ro-bind-try', path, path]),
      ...['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'],
      ...own('/dev/shm'),
      ...nodes.flatMap((path) => ['--dev-bind', path, path]),
      ...['--remount-ro', '/dev'],
      ...own('/tmp'),
      ...programOptions(program),
      ...['--remount-ro', '/', '--clearenv'],
      ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
      ...['--chdir', '/tmp'],
    ],
    command: [...(isRoot ? ownUser(host.groups) : []), ...startOf(program), 'internal', 'gpu-worker'],
  };
}

function directories(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => ['--perms', '0755', '--dir', path]);
}

function ownUser(groups: readonly number[]): string[] {
  const id = String(WORKER_USER);
  const supplementary = groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups'];
  return ['setpriv', '--reuid', id, '--regid', id, ...supplementary, '--inh-caps=-all', '--ambient-caps=-all', '--'];
}

function programOptions({ file, source }: WorkerHost['program']): string[] {
  const sources = source === undefined ? [] : ['--ro-bind', source.root, SOURCE_AT];
  return ['--ro-bind', file, PROGRAM_AT, ...sources];
}

function startOf({ source }: WorkerHost['program']): string[] {
  return source === undefined ? [PROGRAM_AT] : [PROGRAM_AT, join(SOURCE_AT, relative(source.root, source.script))];
}
