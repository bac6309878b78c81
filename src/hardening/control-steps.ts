import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceContent, withText } from '../system/added-text.ts';
import { madeOf, recordDirectories, recordFile, replaceFile, undoDirectory, undoFile } from '../system/changes.ts';
import { ExternalError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import { type FileSnapshot, restoreSnapshot, snapshotFile } from '../system/file-snapshot.ts';
import type { Change, Journal, Undoers } from '../system/journal.ts';
import { ownUndoers } from './controls/registry.ts';
import type { ControlStep, UndoLine } from './controls/types.ts';
import type { KernelFiles } from './kernel-files.ts';
import { recordValue, undoValue } from './values.ts';

/** Journal kinds of the steps that all controls share. */
const VALUE = 'control-value';
const FILE = 'control-file';
const DIRECTORY = 'control-directory';

interface StepEffects {
  readonly journal: Journal;
  readonly exec: Exec;
  readonly files: KernelFiles;
}

/** Writes down what a step is about to replace, unless an earlier run did, and what it puts there. Gives the new lines. */
export async function recordStep(step: ControlStep, { journal }: StepEffects): Promise<(Change | undefined)[]> {
  switch (step.do) {
    case 'value':
      return [await recordValue(journal, { kind: VALUE, target: step.path, before: step.before }, step.value)];
    case 'file':
    case 'append': {
      const lines = [
        ...(await recordDirectories(journal, step.path, DIRECTORY)),
        await recordFile(journal, step.path, FILE),
      ];
      const line = await journal.find(FILE, step.path);
      if (line && lines.at(-1) === undefined) await recordUntold(line, journal);
      if (line) await journal.recordMade(line, step.do === 'file' ? madeOf(step.content) : { added: step.text });
      return lines;
    }
    case 'run':
    case 'writes':
    case 'undo-last':
    case 'switch':
      return step.undo ? [await recordOwn(step.undo, journal)] : [];
  }
}

/** Versions that did not write down what they made left it there: it is ours, also when we are killed before we replace it. */
async function recordUntold(line: Change, journal: Journal): Promise<void> {
  if (line.made !== undefined) return;
  const now = (await snapshotFile(line.target)) as FileSnapshot;
  if ('content' in now) await journal.recordMade(line, madeOf(Buffer.from(now.content, 'base64')));
}

async function recordOwn({ made, ...change }: UndoLine, journal: Journal): Promise<Change | undefined> {
  const earlier = await journal.find(change.kind, change.target);
  const line = earlier ?? (await journal.record(change));
  if (made !== undefined) await journal.recordMade(line, made);
  return earlier ? undefined : line;
}

/** What a file holds that an earlier run has the line of: for taking this run back. */
export async function snapshotStep(step: ControlStep): Promise<FileSnapshot | undefined> {
  return step.do === 'file' || step.do === 'append' ? snapshotFile(step.path) : undefined;
}

/** Does one step and reads back what can be read. Throws `setting-not-kept`, `command-failed` or a system error. */
export async function makeStep(step: ControlStep, { exec, files }: StepEffects): Promise<void> {
  switch (step.do) {
    case 'file':
      await mkdir(dirname(step.path), { recursive: true, mode: 0o755 });
      return writeWhole(step.path, () => step.content, step.mode);
    case 'append':
      await mkdir(dirname(step.path), { recursive: true, mode: 0o755 });
      return writeWhole(step.path, (text) => withText(text, step.text), step.mode);
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

/** A file that is there keeps its mode, owner and attributes, which its owner may have chosen. */
async function writeWhole(path: string, contentOf: (text: string) => string, mode: number): Promise<void> {
  const now = (await snapshotFile(path)) as FileSnapshot;
  if (!('content' in now)) return replaceFile(path, contentOf(''), mode);
  await replaceContent(path, contentOf(Buffer.from(now.content, 'base64').toString('utf8')), now);
}

/** Takes back a step that replaced an earlier run's setting: to what this run found. */
export async function takeBackStep(
  step: ControlStep,
  { files }: StepEffects,
  found: FileSnapshot | undefined,
): Promise<void> {
  if (step.do === 'value') await files.write(step.path, step.before);
  if (found !== undefined && (step.do === 'file' || step.do === 'append')) await restoreSnapshot(step.path, found);
}

/** How the lines of all controls are undone, by kind. */
export function controlUndoers(exec: Exec, files: KernelFiles): Undoers {
  return {
    [VALUE]: undoValue(files),
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
