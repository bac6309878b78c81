import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileUndoers, recordFile, replaceFile } from '../system/changes.ts';
import { ExternalError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { FileSnapshot } from '../system/file-snapshot.ts';
import type { Change, Journal } from '../system/journal.ts';
import { absentFile, type Group, shownValue, type Unsupported } from './cgroup.ts';
import { removeGroup } from './cgroup-remove.ts';
import { enableControllers, makeGroup, recordControllers, recordGroup } from './cgroup-setup.ts';
import { makeStep, recordStep, snapshotStep, takeBackStep } from './control-steps.ts';
import type { KernelFiles } from './kernel-files.ts';
import { recordBrought, recordModules } from './kernel-modules.ts';
import { applyNft, restoreTable } from './nft.ts';
import { HOST_PATHS, type HostPaths } from './paths.ts';
import type { PlannedChange } from './plan-types.ts';
import { hardeningUndoers } from './undo.ts';
import { recordValue } from './values.ts';

export interface Effects {
  readonly journal: Journal;
  readonly exec: Exec;
  readonly files: KernelFiles;
  readonly paths?: HostPaths;
}

type ChangeOf<Kind extends PlannedChange['kind']> = Extract<PlannedChange, { kind: Kind }>;

/** Writes down what a change is about to replace, unless an earlier run did. Gives the new lines. */
async function recordChange(
  change: PlannedChange,
  { journal, exec, files, paths = HOST_PATHS }: Effects,
): Promise<Change[]> {
  const once = async (kind: string, target: string, before: Change['before']): Promise<Change | undefined> =>
    (await journal.find(kind, target)) ? undefined : journal.record({ kind, target, before });
  const lines = async (): Promise<(Change | undefined)[]> => {
    switch (change.kind) {
      case 'cgroup-controllers':
        return [await recordControllers(journal, change.path, change.enable)];
      case 'cgroup':
        return [await recordGroup(journal, change.group, files)];
      case 'slice':
        // Undone from the last to the first: stop it, take the file away, make systemd read its units again.
        return [
          await once('systemd-reload', 'systemd', null),
          await recordFile(journal, change.path),
          await once('systemd-slice', change.name, null),
        ];
      case 'sysctl':
        return [
          await recordValue(journal, { kind: 'sysctl', target: change.path, before: change.before }, change.value),
        ];
      case 'firewall':
        // Undone from the last to the first: the table goes, and then what it brought into the kernel.
        return [
          await recordModules(journal, change.table, paths, files),
          await once('nft-table', change.table, change.before),
        ];
      case 'control':
        return recordStep(change.step, { journal, exec, files });
      case 'revert':
        return [];
    }
  };
  return (await lines()).filter((line) => line !== undefined);
}

/** Makes one change and reads it back. Gives what this kernel turned out not to have. */
export async function makeChange(change: PlannedChange, effects: Effects): Promise<Unsupported[]> {
  const { exec, files, journal } = effects;
  switch (change.kind) {
    case 'cgroup-controllers':
      await enableControllers(change.path, change.enable, files);
      return [];
    case 'cgroup':
      return setUpGroup(change.group, files);
    case 'slice':
      await replaceFile(change.path, change.content, 0o644);
      await exec('systemctl', ['daemon-reload']);
      await exec('systemctl', ['start', change.name]);
      return [];
    case 'sysctl':
      await files.write(change.path, change.value);
      await mustHold(`sysctl ${change.name}`, change.value, await files.read(change.path));
      return [];
    case 'firewall':
      await applyNft(exec, change.document);
      await recordBrought(journal, change.table, effects.paths ?? HOST_PATHS, files);
      return [];
    case 'control':
      await makeStep(change.step, effects);
      return [];
    case 'revert':
      await journal.undo(
        { ...fileUndoers, ...hardeningUndoers(exec, effects.paths, files) },
        ({ id }) => id === change.id,
      );
      return [];
  }
}

async function setUpGroup(group: Group, files: KernelFiles): Promise<Unsupported[]> {
  const absent = await makeGroup(group, files);
  for (const { file, value } of group.settings.filter((setting) => !absent.includes(setting.file))) {
    const path = join(group.directory, file);
    const actual = await files.read(path);
    await mustHold(path, value, actual && shownValue(file, actual));
  }
  return absent.map(absentFile);
}

async function mustHold(what: string, expected: string, actual: string | undefined): Promise<void> {
  if (actual?.split(/\s+/).join(' ') === expected) return;
  throw new ExternalError(
    'setting-not-kept',
    `The kernel took ${expected} for ${what} and holds ${actual ?? 'nothing'}.`,
    {
      nextSteps: [
        'Another program may manage this setting: see which, or report the kernel’s version with this message.',
      ],
    },
  );
}

/** What a run knows about a change before it makes any. */
export interface Prepared {
  /** The journal lines that this run wrote for it. */
  readonly lines: readonly Change[];
  /** What its file holds, where an earlier run has the line. */
  readonly found?: FileSnapshot;
}

/** Journals a change, and keeps what only this run needs to take it back. */
export async function prepareChange(change: PlannedChange, effects: Effects): Promise<Prepared> {
  const found = change.kind === 'control' ? await snapshotStep(change.step) : undefined;
  return { lines: await recordChange(change, effects), found };
}

/**
 * Sets one thing back to what it was when this run began, whether the change was made, half made or not made: by the
 * journal where this run wrote the lines, else (an earlier run's setting was replaced) by what the plan saw.
 */
export async function takeBack(change: PlannedChange, { lines, found }: Prepared, effects: Effects): Promise<void> {
  const { exec, files } = effects;
  if (lines.length > 0) {
    const undoers = { ...fileUndoers, ...hardeningUndoers(exec, effects.paths, files) };
    for (const line of lines.toReversed()) await undoers[line.kind]?.(line, { overwrite: true });
    return;
  }
  switch (change.kind) {
    case 'cgroup':
      return takeBackGroup(change, files);
    case 'slice':
      return takeBackSlice(change, exec);
    case 'sysctl':
      return files.write(change.path, change.before);
    case 'firewall':
      return restoreTable(exec, change.table, change.before);
    case 'control':
      return takeBackStep(change.step, effects, found);
    case 'revert':
      throw new Error(`${change.what} is as it was before logos, and the policy before this one wants it`);
    default:
      return; // controllers of an earlier run stay on
  }
}

async function takeBackGroup({ group, before }: ChangeOf<'cgroup'>, files: KernelFiles): Promise<void> {
  if (before === null) return removeGroup(group.directory, files);
  for (const { file } of group.settings.toReversed()) {
    const value = before[file];
    if (value !== undefined) await files.write(join(group.directory, file), value);
  }
}

async function takeBackSlice({ name, path, before }: ChangeOf<'slice'>, exec: Exec): Promise<void> {
  if (before === null) {
    await exec('systemctl', ['stop', name], { accept: [0, 5] });
    await rm(path, { force: true });
  } else {
    await replaceFile(path, `${before}\n`, 0o644);
  }
  await exec('systemctl', ['daemon-reload']);
}
