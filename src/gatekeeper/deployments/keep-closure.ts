import { workPlaces } from './apply-closure.ts';
import type { ReadStep } from './check-steps.ts';
import type { Wanted } from './choose.ts';
import type { DriftState } from './drift.ts';
import { openWanted } from './fetch.ts';
import { type Attempt, driftInterval, type HostDeploymentOptions, type StepOutcome } from './host-options.ts';
import type { DeploymentRecord } from './record.ts';
import { findDrift, type RunStepsOptions, runSteps } from './run-steps.ts';
import { tellChain } from './tell-chain.ts';

type Places = Omit<RunStepsOptions, 'before' | 'save'>;

/**
 * Keeps a host as its deployment left it: from time to time each step's look for drift is run, and the steps are run again from
 * the first that drifted. Throws what ToolRunner and `openWanted` throw.
 */
export async function keepClosure(
  applied: DeploymentRecord,
  wanted: Wanted,
  attempt: Attempt,
  options: HostDeploymentOptions,
): Promise<StepOutcome> {
  const { clock, records } = options;
  const record = await tellChain(applied, wanted, attempt.height, options);
  const { version } = record;
  if (!attempt.again && clock.now() - (record.drift?.at ?? 0) < driftInterval(options))
    return { step: 'clean', version };
  const { closure, steps } = await openWanted(wanted, options);
  const places = { ...options, ...(await workPlaces(records, record.target, closure)) };
  const { state, drifted } = await look(steps, places, attempt.signal);
  const corrected = record.drift?.corrected ?? 0;
  const noticed = { ...record, drift: { at: clock.now(), state, steps: [...drifted], corrected } };
  await records.save(noticed);
  if (state === 'clean') return { step: 'clean', version };
  if (state === 'unknown') {
    const reason = 'it could not be told whether the host drifted';
    return { step: 'waiting', version, code: 'drift-unknown', reason };
  }
  options.log({
    level: 'warning',
    code: 'deployment-drifted',
    message: `deployment of ${record.target}: ${drifted.join(', ')} drifted, and is run again`,
  });
  const after = await correct(noticed, steps, drifted, places, options, attempt.signal);
  await records.save({
    ...after,
    drift: { at: clock.now(), state: 'clean', steps: [...drifted], corrected: corrected + 1 },
  });
  return { step: 'corrected', version, code: 'drift-corrected', reason: `${drifted.join(', ')} had drifted` };
}

async function look(
  steps: readonly ReadStep[],
  places: Places,
  signal?: AbortSignal,
): Promise<{ state: DriftState; drifted: readonly string[] }> {
  const drifted: string[] = [];
  let isKnown = true;
  for (const step of steps) {
    const state = await findDrift(step, places, signal);
    if (state === 'drifted') drifted.push(step.step.name);
    if (state === 'unknown') isKnown = false;
  }
  return { state: drifted.length > 0 ? 'drifted' : isKnown ? 'clean' : 'unknown', drifted };
}

/** What comes after a step that drifted may rest on it. */
async function correct(
  record: DeploymentRecord,
  steps: readonly ReadStep[],
  drifted: readonly string[],
  places: Places,
  { records }: HostDeploymentOptions,
  signal?: AbortSignal,
): Promise<DeploymentRecord> {
  const first = steps.findIndex(({ step }) => drifted.includes(step.name));
  const anew = steps.slice(first).filter(({ step }) => step.repeatable);
  const names = anew.map(({ step }) => step.name);
  const others = record.steps.filter(({ name }) => !names.includes(name));
  let present = record;
  const save = async (list: DeploymentRecord['steps']): Promise<void> => {
    present = { ...present, steps: [...list] };
    await records.save(present);
  };
  await runSteps(anew, { ...places, before: others, save }, signal);
  return present;
}
