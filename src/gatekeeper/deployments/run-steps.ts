import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256Hex } from '../../system/canonical.ts';
import { ExternalError } from '../../system/errors.ts';
import type { NativeCommand } from '../library/index.ts';
import { compareShown } from '../native/carry-out.ts';
import type { ToolOutcome, ToolRun, ToolRunner } from '../sandbox/index.ts';
import type { ReadStep } from './check-steps.ts';
import { type DriftState, driftOf } from './drift.ts';
import type { StepRecord } from './record.ts';

/** What a tool may print beside a file that it shows, in bytes. */
const SHOWN_BYTES = 64 * 1024;

export interface StepTools {
  /** Where a tool is installed, as an absolute path. Throws ExternalError `command-missing`. */
  find(tool: string): Promise<string>;
  readonly tools: ToolRunner;
}

export interface RunStepsOptions extends StepTools {
  /** The closure's files, laid out from verified bytes. */
  readonly files: string;
  /** Directory for logs, one a step. */
  readonly logs: string;
  /** What is done already, by a run that a crash broke off. */
  readonly before: readonly StepRecord[];
  /** Called before a step begins and when it has ended, with all steps so far. */
  save(steps: readonly StepRecord[]): Promise<void>;
}

/**
 * Runs the steps of a deployment one after the other, each exactly as it was authorised, among the closure's files. What was
 * done before is not done again; a step that a crash broke off is, if it may be repeated. Gives the record of all steps.
 * Throws ExternalError `step-interrupted`, `step-failed` and what ToolRunner throws.
 */
export async function runSteps(
  steps: readonly ReadStep[],
  options: RunStepsOptions,
  signal?: AbortSignal,
): Promise<readonly StepRecord[]> {
  const records = new Map(options.before.map((record) => [record.name, record]));
  const save = async (record: StepRecord): Promise<void> => {
    records.set(record.name, record);
    await options.save([...records.values()]);
  };
  for (const { step, command } of steps) {
    const before = records.get(step.name);
    if (before?.state === 'done') continue;
    if (before?.state === 'begun' && !step.repeatable) throw interrupted(step.name);
    signal?.throwIfAborted();
    const run = await toolRun(command, step.writes, options);
    await options.tools.check(run);
    await save({ name: step.name, state: 'begun' });
    await compareShown(command.documents, async ({ shownBy = [], index, start, bytes }) => {
      const args = [...shownBy, command.argv[index]?.slice(start) ?? ''];
      const shown = await options.tools.show({ ...run, args }, { limitBytes: 2 * bytes.length + SHOWN_BYTES, signal });
      return shown.exitCode === 0 && shown.dropped === 0 ? shown.output : new Uint8Array();
    });
    const { exitCode, output } = await runLogged(run, join(options.logs, `${step.name}.log`), options, signal);
    await save({ name: step.name, state: exitCode === 0 ? 'done' : 'failed', exitCode, log: sha256Hex(output) });
    if (exitCode !== 0) throw failed(step.name, exitCode, join(options.logs, `${step.name}.log`));
  }
  return steps.flatMap(({ step }) => records.get(step.name) ?? []);
}

/** Looks for drift, with what each step gives for it. `undefined` for a step without. Throws what ToolRunner throws. */
export async function findDrift(
  { step, drift }: ReadStep,
  options: Omit<RunStepsOptions, 'before' | 'save'>,
  signal?: AbortSignal,
): Promise<DriftState | undefined> {
  if (drift === undefined || step.drift === undefined) return undefined;
  // It looks: what it may not write it can't change.
  const run = await toolRun(drift, [], options);
  const looking = { ...run, sandbox: { ...run.sandbox, write: [], read: [...run.sandbox.read, ...step.writes] } };
  const outcome = await runLogged(looking, join(options.logs, `${step.name}.drift.log`), options, signal);
  return driftOf(step.drift.clean, outcome);
}

async function runLogged(run: ToolRun, log: string, { tools }: StepTools, signal?: AbortSignal): Promise<ToolOutcome> {
  await rm(log, { force: true });
  return tools.run(run, { log, signal });
}

async function toolRun(
  { argv, sandbox }: NativeCommand,
  writes: readonly string[],
  { find, files }: Pick<RunStepsOptions, 'find' | 'files'>,
): Promise<ToolRun> {
  const tool = basename(argv[0] ?? '');
  const program = await find(tool);
  const write = [...new Set([...sandbox.write, ...writes])];
  return { tool, program, args: argv.slice(1), sandbox: { ...sandbox, write }, files, startInFiles: true };
}

function interrupted(step: string): ExternalError {
  return new ExternalError(
    'step-interrupted',
    `This host stopped while the step ${step} ran, which may not be repeated.`,
    {
      nextSteps: ['Look at the host, and run `logos deploy apply` there when it may be run again.'],
    },
  );
}

function failed(step: string, exitCode: number, log: string): ExternalError {
  return new ExternalError('step-failed', `The step ${step} ended with exit code ${exitCode}.`, {
    status: exitCode,
    nextSteps: [`Read ${log} on the host.`],
  });
}
