import { join } from 'node:path';
import type { HostPolicy } from './policy.ts';

/** The controllers that keep the owner's share. */
export const CONTROLLERS = ['cpu', 'memory', 'pids', 'io'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** Where this host has a controller: of cgroup v1 each has its own tree, of v2 all share one, and both at once is common. */
export interface ControllerFacts {
  readonly version: 1 | 2;
  /** Root of the tree that holds it. */
  readonly mount: string;
  readonly writable: boolean;
  /** Whether groups below the root may use it already: always in v1, by `cgroup.subtree_control` in v2. */
  readonly enabled: boolean;
}

export type ControllerMap = { readonly [C in Controller]?: ControllerFacts };

/** Something the policy asks for, or a host could have, that this one does not: by name, with the reason. */
export interface Unsupported {
  readonly feature: string;
  readonly reason: string;
}

/** What the owner lends. */
export interface LentLimits {
  readonly cpuCores: number;
  readonly memoryMiB: number;
  /** PCI addresses of devices that guests may have, such as `0000:01:00.0`. */
  readonly devices?: readonly string[];
}

/** One file of a group. An optional one is passed over, and reported, where the kernel does not have it. */
export interface Setting {
  readonly file: string;
  readonly value: string;
  readonly optional: boolean;
}

/** A directory of one tree and what is set in it. */
export interface Group {
  readonly directory: string;
  readonly controllers: readonly Controller[];
  readonly settings: readonly Setting[];
}

const PERIOD_US = 100_000;
const MIB = 1_048_576;

/** The groups that hold the limits: one for each v1 tree, one for all of v2. */
export function groupsFor(name: string, map: ControllerMap, limits: LentLimits, policy: HostPolicy): Group[] {
  const groups = new Map<string, Group>();
  for (const controller of CONTROLLERS) {
    const facts = map[controller];
    if (!facts) continue;
    const directory = join(facts.mount, name);
    const known = groups.get(directory);
    groups.set(directory, {
      directory,
      controllers: [...(known?.controllers ?? []), controller],
      settings: [...(known?.settings ?? []), ...settingsFor(controller, facts.version, limits, policy)],
    });
  }
  return [...groups.values()];
}

/** CPU time in microseconds that the group may use in each period; the kernel takes no less than 1 ms. */
export function quotaUs(cpuCores: number): number {
  return Math.max(1_000, Math.floor(cpuCores * PERIOD_US));
}

export function memoryBytes(limits: LentLimits): number {
  return Math.floor(limits.memoryMiB) * MIB;
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/. */
function settingsFor(controller: Controller, version: 1 | 2, limits: LentLimits, policy: HostPolicy): Setting[] {
  const must = (file: string, value: string | number): Setting => ({ file, value: `${value}`, optional: false });
  const may = (file: string, value: string | number): Setting => ({ ...must(file, value), optional: true });
  const { pids, cpuWeight, ioWeight } = policy.limits;
  const bytes = memoryBytes(limits);
  switch (controller) {
    case 'cpu':
      if (version === 2)
        return [must('cpu.max', `${quotaUs(limits.cpuCores)} ${PERIOD_US}`), may('cpu.weight', cpuWeight)];
      return [
        must('cpu.cfs_period_us', PERIOD_US),
        must('cpu.cfs_quota_us', quotaUs(limits.cpuCores)),
        // 1024 shares are v1's ordinary group, a weight of 100 is v2's; two shares are the least it takes.
        may('cpu.shares', Math.max(2, Math.round((cpuWeight * 1024) / 100))),
      ];
    case 'memory':
      // What is lent is memory: guests may not fill the owner's swap in its place.
      if (version === 2) return [must('memory.max', bytes), may('memory.swap.max', 0)];
      return [must('memory.limit_in_bytes', bytes), may('memory.memsw.limit_in_bytes', bytes)];
    case 'pids':
      return [must('pids.max', pids)];
    case 'io':
      return [may(version === 2 ? 'io.weight' : 'blkio.bfq.weight', ioWeight)];
  }
}

/** A value as the kernel shows it, made comparable: `io.weight` answers `default 50` and a line for each device. */
export function shownValue(file: string, text: string): string {
  return file.endsWith('weight') ? (text.split('\n')[0] ?? '').replace(/^default /, '') : text;
}

/** How an optional file that this kernel does not have is reported. */
export function absentFile(file: string): Unsupported {
  return { feature: `cgroup:${file}`, reason: 'this kernel has no such file' };
}
