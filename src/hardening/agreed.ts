import { ExitCode, UserError } from '../system/errors.ts';
import type { Change } from '../system/journal.ts';
import { ONE_WAY_KIND } from './controls/one-way.ts';
import { CONTROLS } from './controls/registry.ts';
import type { HardeningPlan } from './plan-types.ts';

/** Throws UserError `one-way-unknown` when the owner agreed to something that this plan has no switch for. */
export function checkAgreed(plan: HardeningPlan, agreed: readonly string[]): void {
  const unknown = agreed.find((name) => plan.target.controls[name] === undefined || !isSwitch(name));
  if (unknown === undefined) return;
  const offered = Object.keys(plan.target.controls).filter(isSwitch);
  throw new UserError('one-way-unknown', `The policy offers no one-way switch ${unknown} on this host.`, {
    exitCode: ExitCode.usage,
    nextSteps: [offered.length === 0 ? 'Leave --one-way out.' : `It offers: ${offered.join(', ')}.`],
  });
}

/** Whether a journalled change stays until the next boot. */
export function isOneWay({ kind }: Pick<Change, 'kind'>): boolean {
  return kind === ONE_WAY_KIND;
}

function isSwitch(name: string): boolean {
  return CONTROLS.some((control) => control.name === name && control.oneWay === true);
}
