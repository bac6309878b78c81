import type { Unsupported } from './cgroup.ts';
import { CONTROLS } from './controls/registry.ts';
import type { OneWayStep } from './controls/types.ts';
import type { HardeningFacts } from './facts.ts';
import type { Blocker, PlannedChange, TargetState } from './plan-types.ts';
import type { HostPolicy } from './policy.ts';

export interface ControlPlans {
  readonly changes: readonly PlannedChange[];
  /** One-way switches that the owner did not agree to: named, and left alone. */
  readonly oneWay: readonly OneWayStep[];
  readonly targets: TargetState['controls'];
  /** Targets of journal lines that still stand for something. */
  readonly keeps: readonly string[];
  readonly unsupported: readonly Unsupported[];
  readonly blockers: readonly Blocker[];
}

/** The plans of all controls that a policy asks for, put together. Pure. */
export function planControls(
  policy: HostPolicy,
  facts: HardeningFacts,
  artifacts: ReadonlyMap<string, Uint8Array>,
  agreed: ReadonlySet<string>,
): ControlPlans {
  // Sysctls of the policy lie under the same paths as some switches, and are no word of the owner's.
  const own = new Set(facts.own.filter(({ kind }) => kind !== 'sysctl').map(({ target }) => target));
  const plans = CONTROLS.filter(({ name }) => policy.controls[name] !== undefined).map(({ name, plan }) => {
    const config = policy.controls[name];
    const { paths, instance } = facts;
    return { name, ...plan({ config, facts: facts.controls[name], paths, instance, artifacts, own, agreed }) };
  });
  const offers = plans.flatMap(({ offer }) => offer ?? []);
  // Agreed once, a switch is thrown again after each boot: its line in the journal says so.
  const isAgreed = ({ name, step }: OneWayStep): boolean =>
    agreed.has(name) || (step.do === 'switch' && own.has(step.path));
  const declined = offers.filter((offer) => !isAgreed(offer));
  return {
    changes: [
      ...plans.flatMap(({ name, steps }) => steps.map((step) => changeOf(name, step))),
      ...offers.filter(isAgreed).map(({ name, step }) => changeOf(name, step)),
    ],
    oneWay: declined,
    targets: Object.fromEntries(plans.flatMap(({ name, target }) => (target === undefined ? [] : [[name, target]]))),
    keeps: plans.flatMap(({ keeps }) => keeps),
    unsupported: plans.flatMap(({ name, unsupported: reason }) =>
      reason ? [{ feature: `control:${name}`, reason }] : [],
    ),
    blockers: facts.root
      ? [
          ...plans.flatMap(({ name, refused }) => (refused === undefined ? [] : [refusal(name, refused)])),
          ...declined.filter(({ required }) => required).map(({ name }) => notAgreed(name)),
        ]
      : [],
  };
}

function changeOf(name: string, step: OneWayStep['step']): PlannedChange {
  const { what, from, to, why } = step;
  return { kind: 'control', control: name, what, from, to, why, step };
}

function refusal(name: string, reason: string): Blocker {
  return {
    code: 'control-refused',
    message: `This host can't have what the policy insists on (${name}): ${reason}.`,
    nextSteps: [`See what it is for with \`logos harden explain ${name}\`.`],
    exitCode: 3,
  };
}

function notAgreed(name: string): Blocker {
  return {
    code: 'one-way-not-agreed',
    message: `The policy insists on ${name}, which can't be taken back before the next boot.`,
    nextSteps: [`Read \`logos harden explain ${name}\`; to agree, add \`--one-way ${name}\`.`],
    exitCode: 3,
  };
}
