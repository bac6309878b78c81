import type { ArtifactStore, LogosChain } from '../../chain/index.ts';
import {
  type AppliedPlan,
  type HardeningPlan,
  hardenHost,
  planHost,
  policyFromSection,
} from '../../hardening/index.ts';
import type { OwnerLimits } from '../../host/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { rememberPolicy } from '../policy.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

export interface HardenResult {
  applied: AppliedPlan;
  changes: number;
}

export interface HardenInput {
  session: Session;
  chain: LogosChain;
  artifacts: ArtifactStore;
  limits: OwnerLimits;
}

export function hardenStep(input: HardenInput): Step<HardenResult> {
  return {
    run: () => harden(input),
    detail: ({ applied, changes }) => ({
      policy: applied.policy,
      changes,
      applied: { groups: applied.groups, sysctls: applied.sysctls, firewall: applied.firewall ?? null },
      unsupported: applied.unsupported,
      summary: `policy ${applied.policy.slice(0, 8)}: ${changes} changes, ${applied.unsupported.length} parts not supported here`,
    }),
  };
}

async function harden({ session, chain, artifacts, limits: shares }: HardenInput): Promise<HardenResult> {
  const { home, exec, progress, config } = session;
  const limits = { ...shares, devices: config.lend?.devices };
  const section = await chain.configuration('security-section-1');
  const source = await policyFromSection(section, (reference) => artifacts.fetch(reference));
  const plan = await planHost({ home, source, limits, probe: true, exec });
  announce(plan, session);
  const { applied, deviations } = await hardenHost(plan, { home, exec });
  await rememberPolicy(home, source, limits);
  for (const { feature, reason } of applied.unsupported) {
    progress({ event: 'note', phase: 'harden', message: `not supported here: ${feature}: ${reason}` });
  }
  const [first] = deviations;
  if (first) {
    throw new UserError('policy-deviation', `${first.target} is not as the policy wants it: ${first.actual}.`, {
      exitCode: ExitCode.refused,
      nextSteps: ['See which program changes it (`logos harden verify`), then run `logos provide` again.'],
    });
  }
  return { applied, changes: plan.changes.length };
}

function announce(plan: HardeningPlan, { progress }: Session): void {
  for (const { name, step } of plan.oneWay) {
    const message = `left alone: ${name}: ${step.from} → ${step.to} can't be taken back before the next boot (see \`logos harden explain ${name}\`)`;
    progress({ event: 'note', phase: 'harden', message });
  }
  for (const { what, from, to } of plan.changes) {
    progress({ event: 'note', phase: 'harden', message: `${what}: ${from} → ${to}` });
  }
}
