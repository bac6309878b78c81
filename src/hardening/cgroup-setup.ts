import { join } from 'node:path';
import { isErrno } from '../system/files.ts';
import type { Change, Journal } from '../system/journal.ts';
import type { Controller, ControllerMap, Group } from './cgroup.ts';
import { shownValue } from './cgroup.ts';
import type { KernelFiles } from './kernel-files.ts';

/** Writes down a group that is about to be made. One that is there already, and not ours, is put back to its values. */
export async function recordGroup(journal: Journal, group: Group, files: KernelFiles): Promise<Change | undefined> {
  if (await journal.find('cgroup', group.directory)) return undefined;
  const values: Record<string, string> = {};
  for (const { file } of group.settings) {
    const value = await files.read(join(group.directory, file));
    if (value !== undefined) values[file] = shownValue(file, value);
  }
  const before = (await files.isDirectory(group.directory)) ? values : null;
  return journal.record({ kind: 'cgroup', target: group.directory, before });
}

/** Controllers of v2 that groups below the root can't use yet, by their `cgroup.subtree_control`. */
export function missingControllers(map: ControllerMap, groups: readonly Group[]): Map<string, Controller[]> {
  const missing = new Map<string, Controller[]>();
  for (const controller of groups.flatMap((group) => group.controllers)) {
    const facts = map[controller];
    if (facts === undefined || facts.enabled) continue;
    const path = join(facts.mount, 'cgroup.subtree_control');
    missing.set(path, [...(missing.get(path) ?? []), controller]);
  }
  return missing;
}

/** Writes down which controllers will be switched on; undo switches off those and no others. */
export async function recordControllers(
  journal: Journal,
  path: string,
  enable: readonly Controller[],
): Promise<Change | undefined> {
  const known = (await journal.pending()).filter(
    (change) => change.kind === 'cgroup-controllers' && change.target === path,
  );
  const before = enable.filter((name) => !known.some((change) => (change.before as string[]).includes(name)));
  return before.length === 0 ? undefined : journal.record({ kind: 'cgroup-controllers', target: path, before });
}

export async function enableControllers(
  path: string,
  enable: readonly Controller[],
  files: KernelFiles,
): Promise<void> {
  await files.write(path, enable.map((name) => `+${name}`).join(' '));
}

/** Makes the group and writes its settings in order. Gives the optional ones that this kernel does not have. */
export async function makeGroup(group: Group, files: KernelFiles): Promise<string[]> {
  await files.makeDirectory(group.directory);
  const absent: string[] = [];
  for (const { file, value, optional } of group.settings) {
    try {
      await files.write(join(group.directory, file), value);
    } catch (error) {
      if (!optional || !isErrno(error, 'ENOENT')) throw error;
      absent.push(file);
    }
  }
  return absent;
}
