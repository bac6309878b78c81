import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MOUNT = '/sys/fs/cgroup';

/** What all processes of a run may use together. */
export interface RunLimits {
  readonly tasks: number;
  /** Bytes. */
  readonly memory: number;
  /** Processors' worth of time, such as 1.5; as much as there is where absent. */
  readonly processors?: number;
}

/** The time in which a share of the processors is counted out, in microseconds. */
const PERIOD_US = 100_000;

/** What the names of our groups begin with. */
export const GROUP_PREFIX = 'logos-run-';

/** Age at which a group in which nothing runs is one that a crash left behind, and none that is about to be entered. */
const LEFT_BEHIND_MS = 600_000;

/**
 * Makes a group of this name with a run's limits, of either version (cgroups(7)); gives where, and nothing where this machine has none to
 * give.
 */
export async function makeGroups(name: string, { tasks, memory, processors }: RunLimits): Promise<string[]> {
  await removeLeftBehind();
  const unified = (await readFile(join(MOUNT, 'cgroup.controllers'), 'utf8').catch(() => '')).split(/\s+/);
  if (unified.includes('pids') && unified.includes('memory')) {
    const wanted = processors === undefined ? '+pids +memory' : '+pids +memory +cpu';
    await writeFile(join(MOUNT, 'cgroup.subtree_control'), wanted).catch(() => {});
    const settings = { 'pids.max': tasks, 'memory.max': memory, 'memory.swap.max': 0 };
    const quota: Record<string, string> =
      processors === undefined ? {} : { 'cpu.max': `${quotaOf(processors)} ${PERIOD_US}` };
    return makeGroup(join(MOUNT, name), { ...settings, ...quota });
  }
  return [
    ...(await makeGroup(join(MOUNT, 'pids', name), { 'pids.max': tasks })),
    ...(await makeGroup(join(MOUNT, 'memory', name), { 'memory.limit_in_bytes': memory })),
    ...(processors === undefined
      ? []
      : await makeGroup(join(MOUNT, 'cpu', name), { 'cpu.cfs_quota_us': quotaOf(processors) })),
  ];
}

function quotaOf(processors: number): number {
  return Math.round(processors * PERIOD_US);
}

async function makeGroup(path: string, settings: Readonly<Record<string, number | string>>): Promise<string[]> {
  try {
    await mkdir(path);
  } catch {
    return [];
  }
  try {
    for (const [file, value] of Object.entries(settings))
      await writeFile(join(path, file), String(value), { flag: 'r+' }).catch((error) => {
        // A kernel without swap accounting has no file for it.
        if (file !== 'memory.swap.max') throw error;
      });
    return [path];
  } catch {
    await rmdir(path).catch(() => {});
    return [];
  }
}

/** Removes a group of which all processes have ended: the kernel takes a moment to forget the last. */
export async function removeGroup(path: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const gone = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (gone) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The kernel lets no group be removed in which something runs. */
async function removeLeftBehind(): Promise<void> {
  for (const parent of [MOUNT, ...['pids', 'memory', 'cpu'].map((it) => join(MOUNT, it))]) {
    const names = await readdir(parent).catch(() => []);
    for (const path of names.filter((it) => it.startsWith(GROUP_PREFIX)).map((it) => join(parent, it))) {
      const made = await stat(path).catch(() => undefined);
      if (made !== undefined && Date.now() - made.ctimeMs > LEFT_BEHIND_MS) await rmdir(path).catch(() => {});
    }
  }
}
