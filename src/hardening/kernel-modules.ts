import { join } from 'node:path';
import type { Exec } from '../system/exec.ts';
import type { Change, Journal } from '../system/journal.ts';
import type { KernelFiles } from './kernel-files.ts';
import type { HostPaths } from './paths.ts';

/** Journal kind: which of the firewall's modules the kernel had loaded. */
export const MODULES = 'kernel-modules';

/** What nftables loads by itself when a rule first needs it, and what that needs. */
const OF_FIREWALL = /^(?:(?:nf|nft|nfnetlink)(?:_|$)|libcrc32c$)/;
/** A module is let go of by those that use it, one after the other, and by a table a moment after it has gone. */
const ROUNDS = 20;
const ROUND_MS = 100;

interface Loaded {
  readonly name: string;
  readonly users: number;
}

/** Writes down the firewall's modules before our table brings more of them; nothing where the kernel has no modules. */
export async function recordModules(
  journal: Journal,
  table: string,
  paths: HostPaths,
  files: KernelFiles,
): Promise<Change | undefined> {
  const loaded = await loadedModules(paths, files);
  if (loaded === undefined || (await journal.find(MODULES, table))) return undefined;
  return journal.record({ kind: MODULES, target: table, before: loaded.map(({ name }) => name) });
}

/** Writes down which of them our table has just brought: others that come later are somebody else's. */
export async function recordBrought(
  journal: Journal,
  table: string,
  paths: HostPaths,
  files: KernelFiles,
): Promise<void> {
  const line = await journal.find(MODULES, table);
  const loaded = await loadedModules(paths, files);
  if (line === undefined || loaded === undefined) return;
  const names = loaded.map(({ name }) => name).filter((name) => !(line.before as string[]).includes(name));
  await journal.recordMade(line, names.sort());
}

/** Unloads what our table brought, with its settings; what somebody else uses by now stays. */
export async function unloadSince(
  { before, made }: Pick<Change, 'before' | 'made'>,
  exec: Exec,
  paths: HostPaths,
  files: KernelFiles,
): Promise<void> {
  // Killed before it was written down, the table may have brought all that came since.
  const brought = made && new Set((made as string[][]).flat());
  const isBrought = (name: string): boolean => brought?.has(name) ?? !(before as string[]).includes(name);
  for (let round = 0; round < ROUNDS; round++) {
    const added = ((await loadedModules(paths, files)) ?? []).filter(({ name }) => isBrought(name));
    if (added.length === 0) return;
    // 1: in use since we looked, or not to be unloaded at all.
    for (const { name } of added.filter(({ users }) => users === 0)) await exec('rmmod', [name], { accept: [0, 1] });
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
}

/** Whether asking for the firewall's rules would make the kernel load what it needs for them: then there are none. */
export async function isAsleep(paths: HostPaths, files: KernelFiles): Promise<boolean> {
  const loaded = await loadedModules(paths, files);
  if (loaded === undefined || loaded.some(({ name }) => name === 'nf_tables')) return false;
  const release = await files.read(join(paths.proc, 'sys/kernel/osrelease'));
  const builtIn = release && (await files.read(join('/lib/modules', release, 'modules.builtin')));
  return builtIn !== undefined && !builtIn.includes('/nf_tables.ko');
}

/** Lines of proc_modules(5): name, size, users, … */
async function loadedModules(paths: HostPaths, files: KernelFiles): Promise<Loaded[] | undefined> {
  const text = await files.read(join(paths.proc, 'modules'));
  return text
    ?.split('\n')
    .map((line) => line.split(' '))
    .map(([name = '', , users]) => ({ name, users: Number(users) }))
    .filter(({ name }) => OF_FIREWALL.test(name));
}
