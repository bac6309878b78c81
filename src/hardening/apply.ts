import { isDeepStrictEqual } from 'node:util';
import { ExternalError, UserError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Journal } from '../system/journal.ts';
import type { AppliedPlan } from './applied.ts';
import { completeStage } from './brand.ts';
import type { Unsupported } from './cgroup.ts';
import { type Effects, makeChange, type Prepared, prepareChange, takeBack } from './changes.ts';
import { makeStep } from './control-steps.ts';
import type { ControlStep } from './controls/types.ts';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { checkNft, listingDigest, listTable } from './nft.ts';
import type { HostPaths } from './paths.ts';
import type { HardeningPlan, PlannedChange } from './plan-types.ts';

export interface ApplyDeps {
  journal: Journal;
  exec: Exec;
  paths?: HostPaths;
  files?: KernelFiles;
  /** Keeps the result; when it can't (a full disk), the run is taken back as after any other failure. */
  save?: (applied: AppliedPlan) => Promise<void>;
}

/**
 * Makes a plan true. Everything is journalled before the first change, so a full disk is found while the host is still
 * as it was; whatever fails later is followed by taking back what this run did.
 * Throws what a blocker says, `firewall-refused`, `setting-not-kept`, `command-failed`, or a system error (`disk-full`, …).
 */
export async function applyPlan(plan: HardeningPlan, deps: ApplyDeps): Promise<AppliedPlan> {
  const [blocker] = plan.blockers;
  if (blocker) throw new UserError(blocker.code, blocker.message, blocker);
  const effects: Effects = { ...deps, files: deps.files ?? kernelFiles };
  const firewall = plan.changes.find((change) => change.kind === 'firewall');
  const prepared = new Map<PlannedChange, Prepared>();
  const attempted: PlannedChange[] = [];
  const unsupported: Unsupported[] = [...plan.unsupported];
  try {
    for (const change of plan.changes) prepared.set(change, await prepareChange(change, effects));
    if (firewall) {
      // Already the check makes the kernel load what the rules need, which the journal knows by now.
      attempted.push(firewall);
      await checkNft(deps.exec, firewall.document);
    }
    for (const change of plan.changes) {
      if (change !== firewall) attempted.push(change);
      unsupported.push(...(await makeChange(change, effects)));
    }
    const applied = await appliedFrom(plan, unsupported, deps.exec);
    await deps.save?.(applied);
    return applied;
  } catch (error) {
    await takeBackAll(attempted, prepared, effects, error);
    throw error;
  }
}

async function appliedFrom(plan: HardeningPlan, unsupported: readonly Unsupported[], exec: Exec): Promise<AppliedPlan> {
  const { target } = plan;
  const listing = target.firewall && (await listTable(exec, target.firewall.table));
  if (target.firewall && listing === undefined) {
    throw new ExternalError('setting-not-kept', `The table ${target.firewall.table} is gone right after it was made.`, {
      nextSteps: ['Another program replaces the whole ruleset: give it its own table, and run the command again.'],
    });
  }
  const known = unsupported.filter(
    (item, index) => unsupported.findIndex((other) => isDeepStrictEqual(item, other)) === index,
  );
  return completeStage({
    ...target,
    unsupported: known,
    firewall: target.firewall && listing && { ...target.firewall, listing: listingDigest(listing) },
  });
}

/** A failure while taking back must not stop the rest, nor hide the first error: the journal still has what is left. */
async function takeBackAll(
  attempted: readonly PlannedChange[],
  prepared: ReadonlyMap<PlannedChange, Prepared>,
  effects: Effects,
  cause: unknown,
): Promise<void> {
  const failures: unknown[] = [];
  for (const change of attempted.toReversed()) {
    try {
      await takeBack(change, prepared.get(change) ?? { lines: [] }, effects);
    } catch (error) {
      failures.push(error);
    }
  }
  for (const step of feltAgain(attempted, prepared)) {
    try {
      await makeStep(step, effects);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw new ExternalError('rollback-incomplete', `Not everything could be put back after: ${messageOf(cause)}`, {
      cause,
      lastLines: failures.map(messageOf),
      nextSteps: ['Run `logos harden restore`: the journal knows what is left to undo.'],
    });
  }
  try {
    for (const { id } of [...prepared.values()].flatMap(({ lines }) => lines).reverse())
      await effects.journal.markUndone(id);
  } catch {
    // A full disk takes no marks either. A change that is undone already is undone again later, which does no harm.
  }
}

/** Programs that have to look again at files of an earlier run, now that these are back in their place. */
function feltAgain(attempted: readonly PlannedChange[], prepared: ReadonlyMap<PlannedChange, Prepared>): ControlStep[] {
  const earlier = attempted.filter((change) => change.kind === 'control' && prepared.get(change)?.lines.length === 0);
  const controls = new Set(
    earlier.flatMap((change) => (change.kind === 'control' && prepared.get(change)?.found ? [change.control] : [])),
  );
  return earlier.flatMap((change) => {
    if (change.kind !== 'control' || change.step.do !== 'run' || !change.step.again) return [];
    return controls.has(change.control) ? [change.step] : [];
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
