import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mounted cgroup hierarchy, v1 or v2, as /proc/self/mountinfo shows it (proc(5)). */
interface Hierarchy {
  mountPoint: string;
  /** The controllers of a v1 hierarchy, such as `cpu,cpuacct` or `name=systemd`; empty for v2 (cgroups(7)). */
  controllers: string;
}

/** The `cgroup.procs` files of the groups that this process is in, one for each mounted hierarchy. */
export function ownCgroupProcs(): string[] {
  const groups = parseOwnGroups(readFileSync('/proc/self/cgroup', 'utf8'));
  return parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8')).flatMap(({ mountPoint, controllers }) => {
    const group = groups.get(controllers);
    return group === undefined ? [] : [join(mountPoint, group, 'cgroup.procs')];
  });
}

/** Those of `own` that lie in the same hierarchies as `files`. */
export function sameHierarchies(own: readonly string[], files: readonly string[], mountinfo: string): string[] {
  const mounts = parseHierarchies(mountinfo).map(({ mountPoint }) => mountPoint);
  const mountOf = (file: string): string | undefined =>
    mounts.filter((mount) => file.startsWith(`${mount}/`)).sort((a, b) => b.length - a.length)[0];
  const wanted = new Set(files.map(mountOf));
  return own.filter((file) => wanted.has(mountOf(file)));
}

/**
 * Makes a process by `start` that is a member of the groups from its first instruction on: this process enters them,
 * forks, and goes back, all without a pause for other work. A group that is missing or closed is passed over, and
 * `placed` is false then: the caller tries again with `placeProcess`.
 */
export function startInCgroups<T>(files: readonly string[], start: () => T): { value: T; placed: boolean } {
  if (files.length === 0) return { value: start(), placed: true };
  const back = sameHierarchies(ownCgroupProcs(), files, readFileSync('/proc/self/mountinfo', 'utf8'));
  const placed = placeProcess(process.pid, files);
  try {
    return { value: start(), placed };
  } finally {
    placeProcess(process.pid, back);
  }
}

/** Moves a process, with all its threads, into groups; gives whether it is in all of them. */
export function placeProcess(pid: number, files: readonly string[]): boolean {
  let all = true;
  for (const file of files) {
    try {
      writeFileSync(file, String(pid), { flag: 'r+' });
    } catch {
      all = false; // the group is not there (yet), or not ours to enter
    }
  }
  return all;
}

function parseOwnGroups(text: string): Map<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
        return controllers === undefined || group === undefined ? [] : [[controllers, group] as const];
      }),
  );
}

function parseHierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const mountPoint = before.split(' ')[4];
    if (mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const flags = options
      .split(',')
      .filter((option) => !['rw', 'ro', 'xattr', 'noprefix', 'clone_children'].includes(option));
    return [{ mountPoint, controllers: type === 'cgroup2' ? '' : flags.join(',') }];
  });
}
