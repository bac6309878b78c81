import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { recordDirectories, recordFile, replaceFile, undoDirectory, undoFile } from '../system/changes.ts';
import { ExternalError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Change, Journal, Undoers } from '../system/journal.ts';
import { ownUndoers } from './controls/registry.ts';
import type { ControlStep } from './controls/types.ts';
import type { KernelFiles } from './kernel-files.ts';

/** Journal kinds of the steps that all controls share. */
const VALUE = 'control-value';
const FILE = 'control-file';
const DIRECTORY = 'control-directory';

interface StepEffects {
  readonly journal: Journal;
  readonly exec: Exec;
  readonly files: KernelFiles;
}

/** Writes down what a step is about to replace, unless an earlier run did. Gives the new lines. */
export async function recordStep(step: ControlStep, { journal }: StepEffects): Promise<(Change | undefined)[]> {
  const once = async (kind: string, target: string, before: Change['before']) =>
    (await journal.find(kind, target)) ? undefined : journal.record({ kind, target, before });
  switch (step.do) {
    case 'value':
      return [await once(VALUE, step.path, step.before)];
    case 'file':
      return [...(await recordDirectories(journal, step.path, DIRECTORY)), await recordFile(journal, step.path, FILE)];
    case 'run':
    case 'writes':
    case 'undo-last':
    case 'switch':
      return step.undo ? [await once(step.undo.kind, step.undo.target, step.undo.before)] : [];
  }
}

/** Does one step and reads back what can be read. Throws `setting-not-kept`, `command-failed` or a system error. */
export async function makeStep(step: ControlStep, { exec, files }: StepEffects): Promise<void> {
  switch (step.do) {
    case 'file':
      await mkdir(dirname(step.path), { recursive: true, mode: 0o755 });
      return replaceFile(step.path, step.content, step.mode);
    case 'run':
      await exec(step.command, step.args, { input: step.input, timeout: step.timeoutMs });
      return;
    case 'value':
      await files.write(step.path, step.value);
      if ((await files.read(step.path)) !== step.value) throw notKept(step);
      return;
    case 'writes':
      for (const { path, value } of step.writes) await files.write(path, value);
      return;
    case 'undo-last':
      return;
    case 'switch':
      return files.write(step.path, step.value);
  }
}

/** Takes a step of an earlier run's setting back: what the plan saw. What only the journal can undo stays with it. */
export async function takeBackStep(step: ControlStep, { files }: StepEffects): Promise<void> {
  if (step.do === 'value') await files.write(step.path, step.before);
}

/** How the lines of all controls are undone, by kind. */
export function controlUndoers(exec: Exec, files: KernelFiles): Undoers {
  return {
    [VALUE]: async ({ target, before }) => {
      if ((await files.read(target)) !== undefined) await files.write(target, before as string);
    },
    [FILE]: undoFile,
    [DIRECTORY]: undoDirectory,
    ...ownUndoers(exec, files),
  };
}

function notKept({ what, to }: ControlStep): ExternalError {
  return new ExternalError('setting-not-kept', `The kernel took ${to} for ${what} and holds something else.`, {
    nextSteps: [
      'Another program may manage this setting: see which, or report the kernel’s version with this message.',
    ],
  });
}
