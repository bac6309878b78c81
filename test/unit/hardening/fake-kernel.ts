import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type HostPaths, type KernelFiles, kernelFiles } from '../../../src/hardening/index.ts';
import { ExternalError } from '../../../src/system/errors.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';

/** A host as a directory tree: what the kernel, nft and systemctl would keep, kept in files. The lab has the real ones. */
export interface Tree {
  root: string;
  home: Home;
  paths: HostPaths;
  files: KernelFiles;
  exec: Exec;
  /** Everything outside the home: path → content and mode. */
  snapshot(): Promise<Record<string, string>>;
  remove(): Promise<void>;
}

const V1_FILES: Record<string, readonly string[]> = {
  cpu: ['cpu.cfs_period_us', 'cpu.cfs_quota_us', 'cpu.shares'],
  memory: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
  pids: ['pids.max'],
  blkio: ['blkio.bfq.weight'],
};
const V2_FILES = ['cpu.max', 'cpu.weight', 'memory.max', 'memory.swap.max', 'pids.max', 'io.weight'];

export const SYSCTLS: Record<string, string> = {
  'kernel/kptr_restrict': '0',
  'kernel/perf_event_paranoid': '3',
  'net/core/bpf_jit_harden': '0',
  'fs/suid_dumpable': '2',
};

export interface TreeOptions {
  cgroup: 1 | 2;
  systemd?: boolean;
  /** Files of groups that this kernel does not have. */
  lacking?: readonly string[];
}

export async function makeTree(options: TreeOptions): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'logos-hardening-'));
  const host = join(root, 'host');
  const paths: HostPaths = {
    procSys: join(host, 'proc/sys'),
    cgroup: join(host, 'cgroup'),
    systemdUnits: join(host, 'etc/systemd/system'),
    systemdRuntime: join(host, 'run/systemd/system'),
    securityFs: join(host, 'security'),
    sys: join(host, 'sys'),
    proc: join(host, 'proc'),
    etc: join(host, 'etc'),
  };
  for (const [name, value] of Object.entries(SYSCTLS)) await put(join(paths.procSys, name), `${value}\n`);
  await put(join(paths.systemdUnits, 'owner.service'), '[Service]\n');
  await put(join(paths.securityFs, 'lsm'), 'capability,landlock,apparmor');
  if (options.systemd) await mkdir(paths.systemdRuntime, { recursive: true });
  if (options.cgroup === 2) {
    await put(join(paths.cgroup, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
    await put(join(paths.cgroup, 'cgroup.subtree_control'), 'memory\n');
    await put(join(paths.cgroup, 'cgroup.procs'), '1\n');
  } else {
    for (const name of Object.keys(V1_FILES)) await put(join(paths.cgroup, name, 'cgroup.procs'), '1\n');
  }
  await put(join(host, 'nft.json'), JSON.stringify({ owner: [{ table: { family: 'inet', name: 'owner' } }] }));
  return {
    root,
    home: homeFrom({ LOGOS_HOME: join(root, 'home') }, 0),
    paths,
    files: cgroupFiles(paths, options),
    exec: hostExec(host, paths),
    snapshot: () => snapshotOf(host),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Behaves as cgroupfs does: a new group has its files, and goes with them; controllers are switched by + and −. */
function cgroupFiles(paths: HostPaths, options: TreeOptions): KernelFiles {
  const filesOf = (directory: string): readonly string[] => {
    const known = options.cgroup === 2 ? V2_FILES : (V1_FILES[basename(dirname(directory))] ?? []);
    return ['cgroup.procs', ...known.filter((file) => !options.lacking?.includes(file))];
  };
  return {
    ...kernelFiles,
    makeDirectory: async (path) => {
      await kernelFiles.makeDirectory(path);
      for (const file of filesOf(path)) await put(join(path, file), file === 'cgroup.procs' ? '' : 'default 100\n');
    },
    removeDirectory: (path) => rm(path, { recursive: true, force: true }),
    write: async (path, value) => {
      if (path !== join(paths.cgroup, 'cgroup.subtree_control')) return kernelFiles.write(path, `${value}\n`);
      const enabled = new Set((await readFile(path, 'utf8')).trim().split(' '));
      for (const word of value.split(' ')) {
        if (word.startsWith('+')) enabled.add(word.slice(1));
        else enabled.delete(word.slice(1));
      }
      await kernelFiles.write(path, `${[...enabled].sort().join(' ')}\n`);
    },
  };
}

type Item = Record<string, Record<string, unknown>>;

type Result = Awaited<ReturnType<Exec>>;
const ok = (stdout = ''): Result => ({ exitCode: 0, stdout, stderr: '' });

function hostExec(host: string, paths: HostPaths): Exec {
  return (command, args) => (command === 'systemctl' ? systemctl(paths, args) : nft(join(host, 'nft.json'), args));
}

async function systemctl(paths: HostPaths, [verb, slice]: readonly string[]): Promise<Result> {
  if (verb === 'stop') await rm(join(paths.cgroup, slice ?? ''), { recursive: true, force: true });
  if (verb === 'start') await realize(paths, slice ?? '');
  // A reload gives running units the limits that their files say now.
  if (verb === 'daemon-reload') {
    for (const entry of await readdir(paths.systemdUnits))
      if (existsSync(join(paths.cgroup, entry, 'cgroup.procs'))) await realize(paths, entry);
  }
  return ok();
}

async function realize(paths: HostPaths, slice: string): Promise<void> {
  const unit = await readFile(join(paths.systemdUnits, slice), 'utf8');
  await put(join(paths.cgroup, slice, 'cgroup.procs'), '');
  for (const [file, value] of limitsIn(unit)) await put(join(paths.cgroup, slice, file), value);
}

async function nft(state: string, args: readonly string[]): Promise<Result> {
  const tables = JSON.parse(await readFile(state, 'utf8')) as Record<string, Item[]>;
  const text = args.at(-1) ?? '';
  const listing = (items: unknown[]): Result => ok(JSON.stringify({ nftables: [{ metainfo: {} }, ...items] }));
  if (args[2] === 'tables')
    return listing(Object.keys(tables).map((name) => ({ table: { family: 'inet', name, handle: 1 } })));
  if (args[1] === 'list') return listing(tables[text] ?? []);
  if (text.includes('refuse-me'))
    throw new ExternalError('command-failed', 'refused', { status: 1, lastLines: ['Error: no'] });
  if (args.includes('-c')) return ok();
  const document = JSON.parse(text) as { nftables: { add?: Item; delete?: Item }[] };
  for (const entry of document.nftables) applyEntry(tables, entry);
  await writeFile(state, JSON.stringify(tables));
  return ok();
}

/** What systemd writes for a slice on cgroup v2: systemd.resource-control(5). */
function limitsIn(unit: string): [file: string, value: string][] {
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  return [
    ['cpu.max', `${Number.parseFloat(value('CPUQuota')) * 1000} 100000`],
    ['cpu.weight', value('CPUWeight')],
    ['memory.max', value('MemoryMax')],
    ['memory.swap.max', value('MemorySwapMax')],
    ['pids.max', value('TasksMax')],
    ['io.weight', `default ${value('IOWeight')}`],
  ];
}

function applyEntry(tables: Record<string, Item[]>, entry: { add?: Item; delete?: Item }): void {
  const item = entry.delete ?? entry.add ?? (entry as Item);
  const body = Object.values(item)[0] ?? {};
  const name = String('table' in item ? body.name : body.table);
  if (entry.delete) delete tables[name];
  else if ('table' in item) tables[name] ??= [item];
  else tables[name] = [...(tables[name] ?? []), item];
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function snapshotOf(host: string): Promise<Record<string, string>> {
  const entries = await readdir(host, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    found[path] = `${mode.toString(8)} ${entry.isFile() ? (await readFile(path, 'utf8')).trim() : 'directory'}`;
  }
  return found;
}
