import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type BigIntStats, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileAttributes } from '../src/system/xattr.ts';

/** Everything on a machine that could differ, a line a thing: by path or name, what is there. */
export type Whole = ReadonlyMap<string, string>;

/** What the machine itself changes from one moment to the next, each by name and with its reason. */
const NOISE: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^\/(proc|sys|dev|run|tmp)(\/|$)/, 'no disk: the kernel’s and the moment’s; their live values are read apart'],
  [/^\/(start|repository)(\/|$)/, 'what the test itself came with'],
  [/^\/var\/log\/(audit|journal|wtmp|lastlog|btmp)(\/|$)/, 'logs that others write all the time'],
  [/^\/var\/log\/libvirt(\/|$)/, 'logs of libvirt'],
  [/^\/var\/lib\/systemd\/(timers|random-seed|timesync)/, 'systemd’s own stamps'],
  [/^\/var\/cache\/(ldconfig|man|apparmor)(\/|$)/, 'caches that anybody may fill'],
  [/^\/$/, 'mount points of the test are made in it'],
];

/** Values that the kernel changes by itself. */
const VOLATILE =
  /^(fs\.(aio-nr|dentry-|file-nr|inode-|quota\.)|kernel\.(ns_last_pid|random|pty\.nr|perf_event_max_sample_rate|sched_domain)|net\.(netfilter\.nf_conntrack_count|ipv[46]\.(conf|neigh)\.(?!all|default)))/;

interface Known {
  readonly stamp: string;
  readonly line: string;
}

/**
 * Takes every file below `roots` on the same file system: type, mode, owner, links, size, mtime, extended attributes and
 * content. What was looked at before and has the same inode and ctime is not read again: no program can set ctime.
 */
export async function filesOf(
  roots: readonly string[],
  known: Map<string, Known> = new Map(),
  noise = NOISE,
): Promise<Whole> {
  const attributes = await fileAttributes();
  const lines = new Map<string, string>();
  const visit = (path: string, device: bigint): void => {
    if (noise.some(([pattern]) => pattern.test(path)) && path !== '/') return;
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || stat.dev !== device) return;
    if (path !== '/') lines.set(path, described(path, stat));
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name), device);
  };
  const described = (path: string, stat: BigIntStats): string => {
    const stamp = `${stat.ino} ${stat.ctimeNs}`;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.line;
    const size = stat.isDirectory() ? '' : ` ${stat.size} bytes`;
    const of = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.nlink} links${size} ${stat.mtimeNs}`;
    const xattrs = JSON.stringify(attributes.read(path));
    const line = `${of} ${xattrs} ${contentOf(path, stat)}`;
    known.set(path, { stamp, line });
    return line;
  };
  for (const root of roots) visit(root, lstatSync(root, { bigint: true }).dev);
  return lines;
}

function contentOf(path: string, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (!stat.isFile()) return `${stat.rdev}`;
  // What packages brought: any touch changes ctime, which is stricter than content and needs no reading.
  if (/^\/(usr\/(?!local\/)|boot\/)/.test(path)) return `${stat.ino} ${stat.ctimeNs}`;
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Whether a live value is of what is installed, which takes programs of their own to ask for. */
export function isInstalled(name: string): boolean {
  return /^(package|unit file) /.test(name);
}

/**
 * What lives in the kernel and in systemd: settings, firewall, profiles, groups with their limits, mounts, units, and unless
 * only what is `changing` is asked for, what is installed.
 */
export function liveValues(asked: 'all' | 'changing' = 'all'): Whole {
  const lines = new Map<string, string>();
  const put = (kind: string, text: readonly string[]): void => {
    for (const line of text) lines.set(`${kind} ${line}`, '');
  };
  const modules = read('/proc/modules').map((line) => line.split(' ')[0] ?? line);
  put('module', modules);
  put(
    'sysctl',
    run('sysctl', ['-a']).filter((line) => !VOLATILE.test(line)),
  );
  // Without its module there are no rules, and the question would load it.
  if (modules.includes('nf_tables')) put('nft', [run('nft', ['list', 'ruleset']).join('\n')]);
  put('profile', read('/sys/kernel/security/apparmor/profiles').sort());
  put('selinux', [...read('/sys/fs/selinux/enforce'), ...booleans()]);
  put('lockdown', read('/sys/kernel/security/lockdown'));
  for (const file of ['/sys/kernel/mm/ksm/run', '/sys/devices/system/cpu/smt/control', '/proc/swaps', '/proc/cmdline'])
    put(file, read(file));
  put(
    'mount',
    read('/proc/self/mountinfo').map((line) => line.split(' ').slice(3, 6).join(' ')),
  );
  if (asked === 'all') {
    put('package', run('dpkg-query', ['--show']));
    put('unit file', run('systemctl', ['list-unit-files', '--no-legend', '--no-pager', '--plain']));
  }
  put(
    'unit',
    run('systemctl', [
      'list-units',
      '--all',
      '--no-legend',
      '--no-pager',
      '--plain',
      '--type=slice,socket,target,mount',
    ]),
  );
  groups('/sys/fs/cgroup', lines);
  return lines;
}

function booleans(): string[] {
  const directory = '/sys/fs/selinux/booleans';
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => `${name} ${read(join(directory, name)).join('')}`);
}

const LIMITS =
  /^(cpu\.(max|weight|cfs_quota_us|cfs_period_us|shares)|memory\.(max|high|low|min|swap\.max|limit_in_bytes)|pids\.max|io\.(max|weight)|cgroup\.(subtree_control|freeze))$/;

function groups(path: string, lines: Map<string, string>): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) {
      lines.set(`cgroup ${child}`, '');
      groups(child, lines);
    } else if (LIMITS.test(entry.name)) lines.set(`cgroup ${child}`, read(child).join(' '));
  }
}

/** What is new, gone or another, sorted; empty when nothing differs. */
export function differencesOf(before: Whole, after: Whole): string[] {
  const found: string[] = [];
  for (const [name, line] of after) if (before.get(name) !== line) found.push(`+ ${name} ${line}`);
  for (const [name, line] of before) if (after.get(name) !== line) found.push(`- ${name} ${line}`);
  return found.sort();
}

function read(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return []; // this kernel has no such file, or does not answer
  }
}

function run(command: string, args: readonly string[]): string[] {
  try {
    const text = execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
    return text.trimEnd().split('\n').filter(Boolean);
  } catch {
    return []; // not installed here: then there is nothing of it to compare
  }
}
