import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { controlUndoers, makeStep, recordStep } from '../../../src/hardening/control-steps.ts';
import type { ControlStep } from '../../../src/hardening/controls/types.ts';
import { kernelFiles } from '../../../src/hardening/kernel-files.ts';
import { recordFile } from '../../../src/system/changes.ts';
import { localExec } from '../../../src/system/exec.ts';
import { Journal } from '../../../src/system/journal.ts';

// A version that did not write down what it made left its content behind; this one replaces it, and may be killed at any line.
const ORIGINAL = 'as it was\n';
const OLD = `${ORIGINAL}old\n`;

let directory: string;
let path: string;
let journal: Journal;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-steps-'));
  path = join(directory, 'a.conf');
  journal = new Journal(join(directory, 'journal.jsonl'));
  await writeFile(path, ORIGINAL);
  await recordFile(journal, path, 'control-file');
  await writeFile(path, OLD);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const words = { what: 'a.conf', from: '', to: '', why: '' };
const steps: ControlStep[] = [
  { do: 'file', ...words, path: '', content: 'new\n', mode: 0o644 },
  { do: 'append', ...words, path: '', text: 'new\n', mode: 0o644 },
];

it.each(steps.flatMap((step) => [false, true].map((made) => ({ step: step.do, made, of: step }))))(
  'undoes what an older version wrote: $step, written: $made',
  async ({ of, made }) => {
    const step = { ...of, path } as ControlStep;
    const effects = { journal, exec: localExec, files: kernelFiles };
    await recordStep(step, effects);
    if (made) await makeStep(step, effects);
    expect(await readFile(path, 'utf8')).toBe(made ? (step.do === 'file' ? 'new\n' : `${OLD}new\n`) : OLD);
    await journal.undo(controlUndoers(localExec, kernelFiles));
    expect(await readFile(path, 'utf8')).toBe(ORIGINAL);
    expect(await journal.pending()).toEqual([]);
  },
);
