import { canonicalJson } from '../../system/canonical.ts';
import type { ReadStep } from './check-steps.ts';
import type { DeploymentRecord, DeploymentRecords, OnceKey, StepRecord } from './record.ts';

/** What was begun or done before, and where what may not be repeated is kept. */
export interface OnceSteps {
  readonly before: readonly StepRecord[];
  /** Keeps those of the steps that may not be repeated. To be called before anything else learns of them. */
  keep(steps: readonly StepRecord[]): Promise<void>;
}

/**
 * The steps that count as begun or done when a closure is run. What may not be repeated counts from any run of it here, also
 * when another closure was run in between. `again`: what was broken off is begun anew, since a person asked.
 */
export async function onceSteps(
  of: OnceKey,
  steps: readonly ReadStep[],
  { record, again }: { record: DeploymentRecord | undefined; again: boolean },
  records: DeploymentRecords,
): Promise<OnceSteps> {
  const names = new Set(steps.filter(({ step }) => !step.repeatable).map(({ step }) => step.name));
  let kept = await records.once(of);
  const known = new Map([...(record?.steps ?? []), ...kept].map((step) => [step.name, step]));
  const keep = async (list: readonly StepRecord[]): Promise<void> => {
    const once = list.filter(({ name }) => names.has(name));
    if (canonicalJson([...once]) === canonicalJson([...kept])) return;
    await records.saveOnce(of, once);
    kept = once;
  };
  const before = [...known.values()].filter(({ state }) => state === 'done' || (state === 'begun' && !again));
  await keep(before);
  return { before, keep };
}
