import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { RegionPhaseName } from '../system/progress.ts';
import type { Phase } from './phases.ts';
import type { Manifest } from './platform.ts';
import type { RunState } from './run-state.ts';

/** What a run does with a phase, and why. */
export interface PlannedPhase {
  readonly phase: Phase;
  readonly action: 'run' | 'skip';
  readonly reason:
    | 'first'
    | 'again'
    | 'broken-off'
    | 'failed'
    | 'inputs-changed'
    | 'check'
    | 'done'
    | 'not-in-tree'
    | 'not-wanted';
}

/** Digest of what a phase is run with: the tree, the definition's values and the inventory. Secrets count by their digest alone. */
export function inputsDigest(platform: Manifest, values: Json, inventory: Json): string {
  return sha256Hex(canonicalJson({ platform: platform as unknown as Json, values, inventory }));
}

/**
 * What a run does. One that was broken off goes on at the first phase that is not done with these very inputs, since all after it
 * build on it. When every phase is done, or `only` names one, it is gone through again: that finds drift, and changes
 * nothing where there is none. Preflight always looks. Throws UserError `region-phase-early` when a phase before `only` is not done.
 */
export function planRun(
  phases: readonly Phase[],
  { phases: known }: Pick<RunState, 'phases'>,
  inputs: string,
  only?: RegionPhaseName,
): PlannedPhase[] {
  const isDone = ({ name }: Phase) => known[name]?.state === 'done' && known[name].inputs === inputs;
  const real = phases.filter(({ playbook }) => playbook !== undefined);
  const first = real.findIndex((phase) => !isDone(phase));
  if (only !== undefined) refuseEarly(real, first, only);
  const from = Math.max(first, 0);
  return phases.map((phase): PlannedPhase => {
    if (only !== undefined && phase.name !== only && phase.name !== 'preflight')
      return { phase, action: 'skip', reason: 'done' };
    if (phase.name === 'preflight') return { phase, action: 'run', reason: 'check' };
    if (phase.unwanted) return { phase, action: 'skip', reason: 'not-wanted' };
    if (phase.playbook === undefined) return { phase, action: 'skip', reason: 'not-in-tree' };
    if (only === undefined && real.indexOf(phase) < from) return { phase, action: 'skip', reason: 'done' };
    return { phase, action: 'run', reason: reasonOf(phase, known, inputs) };
  });
}

function reasonOf({ name }: Phase, known: RunState['phases'], inputs: string): PlannedPhase['reason'] {
  const before = known[name];
  if (before === undefined) return 'first';
  if (before.state === 'started') return 'broken-off';
  if (before.state === 'failed') return 'failed';
  return before.inputs === inputs ? 'again' : 'inputs-changed';
}

function refuseEarly(real: readonly Phase[], first: number, only: RegionPhaseName): void {
  const index = real.findIndex(({ name }) => name === only);
  if (first < 0 || index <= first || only === 'preflight') return;
  throw new UserError('region-phase-early', `${only} builds on ${real[first]?.name}, which is not done.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Run `logos region bootstrap` without --phase: it goes on where it was broken off.'],
  });
}

/** A plan as people read it. */
export function describePlan(planned: readonly PlannedPhase[]): string {
  return planned
    .map(
      ({ phase, action, reason }) =>
        `${action === 'run' ? '+' : ' '} ${phase.name.padEnd(12)} ${phase.title} (${reason})`,
    )
    .join('\n');
}
