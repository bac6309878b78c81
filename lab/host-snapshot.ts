import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything on this machine that the program may change, one line a thing, so that two moments can be compared. */
export type HostSnapshot = ReadonlySet<string>;

export interface SnapshotOptions {
  /** Paths (with all below them) that the test itself uses. */
  ignore?: readonly string[];
}

const TREES = [
  '/etc',
  '/run',
  '/var/lib',
  '/var/log',
  '/var/cache',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt',
  '/boot',
];

/** Other programs work in these; only what bears our name counts. */
const SHARED_DIRECTORIES = ['/tmp', '/var/tmp', '/dev/shm', '/root'];
/** What a test run itself has there. */
const OF_TESTS = /^logos-(e2e|binary|lab|tmux|status)/;

/** Values that the kernel itself changes from one second to the next. */
const VOLATILE_SYSCTLS =
  /^(fs\.(dentry-state|file-nr|inode-nr|inode-state|quota\.)|kernel\.(random\.|ns_last_pid|pty\.nr|perf_event_max_sample_rate|sched_domain)|net\.netfilter\.nf_conntrack_(count|max|buckets)|net\.ipv[46]\.(conf|neigh)\.veth)/;

export function snapshotHost(options: SnapshotOptions = {}): HostSnapshot {
  const lines = new Set<string>();
  const ignore = [...(options.ignore ?? []), '/var/lib/apt/lists', '/var/log/journal'];
  for (const tree of TREES) walk(tree, ignore, lines);
  for (const directory of SHARED_DIRECTORIES) {
    const ours = readdirSync(directory).filter((name) => /logos/.test(name) && !OF_TESTS.test(name));
    for (const name of ours) walk(join(directory, name), ignore, lines);
  }
  for (const line of run('sysctl', ['-a'])) if (!VOLATILE_SYSCTLS.test(line)) lines.add(`sysctl ${line}`);
  for (const line of run('nft', ['list', 'tables'])) lines.add(`nft ${line}`);
  for (const line of run('ip', ['-o', 'link'])) lines.add(`link ${line.split(' ')[1] ?? line}`);
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')) {
    lines.add(`mount ${line.split(' ').slice(3, 5).join(' ')}`);
  }
  cgroups('/sys/fs/cgroup', lines);
  for (const line of run('pgrep', ['-a', '-f', '^([^ ]*/)?(libvirtd|qemu-system-x86_64|logos)( |$)']))
    lines.add(`process ${line}`);
  return lines;
}

/** What is new (`+`) and what is missing (`-`), sorted; empty when nothing changed. */
export function differences(before: HostSnapshot, after: HostSnapshot): string[] {
  return [
    ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`),
    ...[...before].filter((line) => !after.has(line)).map((line) => `- ${line}`),
  ].sort();
}

function walk(path: string, ignore: readonly string[], lines: Set<string>): void {
  if (ignore.some((prefix) => path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}.`)))
    return;
  try {
    const stat = lstatSync(path);
    const shared = `${path} ${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
    if (stat.isDirectory()) {
      lines.add(`directory ${shared}`);
      for (const name of readdirSync(path)) walk(join(path, name), ignore, lines);
    } else if (stat.isSymbolicLink()) lines.add(`link ${path} -> ${readlinkSync(path)}`);
    else if (stat.isFile()) lines.add(`file ${shared} ${stat.size > 1 << 20 ? stat.size : digest(path)}`);
    else lines.add(`special ${shared}`);
  } catch {
    // gone while we looked: something short-lived of another program
  }
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}

function cgroups(path: string, lines: Set<string>): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const child = join(path, entry.name);
    lines.add(`cgroup ${child}`);
    cgroups(child, lines);
  }
}

function run(command: string, args: readonly string[]): string[] {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trimEnd()
      .split('\n')
      .filter(Boolean);
  } catch {
    return []; // not installed, or nothing found: then there is nothing of it to compare
  }
}
