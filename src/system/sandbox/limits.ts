import { randomBytes } from 'node:crypto';
import { isThere } from '../files.ts';
import { GROUP_PREFIX, makeGroups, type RunLimits, removeGroup } from './control-groups.ts';

/** Largest file that a tool may write, in bytes (setrlimit(2)). */
const FILE_BYTES = 16 * 1024 ** 3;

/** The limits of one run. */
export interface Limits {
  /** What the command line begins with, so that all of it is within the limits. */
  readonly prefix: readonly string[];
  /** Takes away what was made for it, when nothing of the run is left. */
  end(): Promise<void>;
}

/**
 * Prepares the limits of a run: memory and number of tasks by a scope of systemd's where that is the init, by control groups of our
 * own where root may make them, and by resource limits alone elsewhere, which count what a user has in all.
 */
export async function prepareLimits(limits: RunLimits, isRoot: boolean): Promise<Limits> {
  const name = `${GROUP_PREFIX}${randomBytes(6).toString('hex')}`;
  const resources = ['prlimit', '--core=0', `--fsize=${FILE_BYTES}`, '--'];
  if (!isRoot) return { prefix: resources, end: async () => {} };
  if (await isThere('/run/systemd/system'))
    return { prefix: [...scope(name, limits), ...resources], end: async () => {} };
  const groups = await makeGroups(name, limits);
  return {
    prefix: [...enter(groups), ...resources],
    end: async () => {
      for (const group of groups) await removeGroup(group);
    },
  };
}

function scope(name: string, { tasks, memory, processors }: RunLimits): string[] {
  const quota = processors === undefined ? [] : [`CPUQuota=${Math.round(processors * 100)}%`];
  const properties = [`TasksMax=${tasks}`, `MemoryMax=${memory}`, 'MemorySwapMax=0', ...quota];
  return [
    'systemd-run',
    '--scope',
    '--quiet',
    '--collect',
    `--unit=${name}`,
    ...properties.map((it) => `-p${it}`),
    '--',
  ];
}

/** A process enters the groups before it becomes the program: a program that runs already could have left children outside. */
function enter(groups: readonly string[]): string[] {
  if (groups.length === 0) return [];
  const script = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"';
  return ['/bin/sh', '-c', script, 'sh', ...groups, '--'];
}
