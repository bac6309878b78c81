import { join } from 'node:path';
import type { Exec } from '../system/exec.ts';
import type { Journal } from '../system/journal.ts';
import type { ControllerFacts, Group } from './cgroup.ts';
import { enableControllers, makeGroup, missingControllers, recordControllers, recordGroup } from './cgroup-setup.ts';
import { readControllers } from './facts.ts';
import type { KernelFiles } from './kernel-files.ts';
import type { HostPaths } from './paths.ts';
import { probeCpu, probeMemory, probePids } from './probes.ts';
import { hardeningUndoers } from './undo.ts';

/** Controllers whose effect can be seen from outside in a moment. */
export const PROBED = ['cpu', 'memory', 'pids'] as const;
export type ProbedController = (typeof PROBED)[number];

/** `unknown` when the machine was too busy to tell. `figure` is what was measured, ready to print. */
export interface Verdict {
  readonly verdict: 'enforced' | 'not-enforced' | 'unknown';
  readonly figure: string;
}

export type Enforcement = { readonly [C in ProbedController]?: Verdict };

interface ProbeOptions {
  instance: string;
  paths: HostPaths;
  files: KernelFiles;
  journal: Journal;
  exec: Exec;
}

/**
 * Finds out whether this kernel keeps the limits that it accepts: containers often take any value and do nothing.
 * A tiny group for each controller, one process in it that tries to break the limit, about a fifth of a second in all.
 * The groups are journalled and removed again.
 */
export async function probeEnforcement(options: ProbeOptions): Promise<Enforcement> {
  const { files, journal, instance, paths, exec } = options;
  const map = await readControllers(paths, files);
  const groups = PROBED.flatMap((controller) => {
    const facts = map[controller];
    return facts?.writable ? [{ controller, facts, group: probeGroup(controller, facts, instance) }] : [];
  });
  const systemd = await files.isDirectory(paths.systemdRuntime);
  const ids = new Set<string>();
  const remember = (change: { id: string } | undefined): void => {
    if (change) ids.add(change.id);
  };
  try {
    // The root's switches are systemd's where it runs: what it has not switched on yet is probed after the slice has started.
    const usable = systemd ? groups.filter(({ facts }) => facts.enabled) : groups;
    for (const [path, enable] of missingControllers(
      map,
      usable.map(({ group }) => group),
    )) {
      remember(await recordControllers(journal, path, enable));
      await enableControllers(path, enable, files);
    }
    for (const { group } of usable) remember(await recordGroup(journal, group, files));
    const verdicts = await Promise.all(
      usable.map(
        async ({ controller, facts, group }) => [controller, await run(controller, facts, group, files)] as const,
      ),
    );
    return Object.fromEntries(verdicts);
  } finally {
    await journal.undo(hardeningUndoers(exec, paths, files), (change) => ids.has(change.id));
  }
}

/** A tenth of a CPU: small enough to be reached on a busy machine, and no finer than a slow kernel's clock. */
const CPU_QUOTA_US = 5_000;
const CPU_PERIOD_US = 50_000;
const MEMORY_BYTES = 16 * 1_048_576;

function probeGroup(controller: ProbedController, { version, mount }: ControllerFacts, instance: string): Group {
  const values: Record<ProbedController, readonly (readonly [file: string, value: string | number])[]> = {
    cpu:
      version === 2
        ? [['cpu.max', `${CPU_QUOTA_US} ${CPU_PERIOD_US}`]]
        : [
            ['cpu.cfs_period_us', CPU_PERIOD_US],
            ['cpu.cfs_quota_us', CPU_QUOTA_US],
          ],
    memory: [[version === 2 ? 'memory.max' : 'memory.limit_in_bytes', MEMORY_BYTES]],
    pids: [['pids.max', 1]],
  };
  const settings = values[controller].map(([file, value]) => ({ file, value: `${value}`, optional: false }));
  if (controller === 'memory')
    settings.push(
      version === 2
        ? { file: 'memory.swap.max', value: '0', optional: true }
        : { file: 'memory.memsw.limit_in_bytes', value: `${MEMORY_BYTES}`, optional: true },
    );
  return { directory: join(mount, `${instance}_probe_${controller}`), controllers: [controller], settings };
}

async function run(
  controller: ProbedController,
  facts: ControllerFacts,
  group: Group,
  files: KernelFiles,
): Promise<Verdict> {
  try {
    await makeGroup(group, files);
    if (controller === 'cpu') return await probeCpu(group.directory, files, CPU_QUOTA_US / CPU_PERIOD_US);
    if (controller === 'memory') return await probeMemory(group.directory, files, MEMORY_BYTES);
    return await probePids(group.directory, files);
  } catch (error) {
    // The kernel says no: that is an answer about the controller, and no failure of the probe.
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: 'not-enforced', figure: `${controller} v${facts.version} refused: ${reason}` };
  }
}
