import { Flags } from '@oclif/core';
import type { HardeningPlan } from '../../hardening/index.ts';
import { UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { HardenCommand, POLICY_FLAGS, type PolicyFlags } from './common.ts';

export default class HardenApply extends HardenCommand {
  static override description = `Apply the chain's host policy to this machine.

What will change is shown and asked about first. Each change is journalled
before it is made; \`harden restore\` puts back exactly what was there. A
switch that only the next boot takes back is asked about by itself. While the
services run it refuses: end them with \`logos provide --stop\`.`;
  static override examples = [
    '<%= config.bin %> harden apply --chain ws://127.0.0.1:9944',
    '<%= config.bin %> harden apply --policy host-policy.json --cores 1 --yes',
    '<%= config.bin %> harden apply --policy host-policy.json --one-way kexec',
  ];
  static override flags = { ...POLICY_FLAGS, yes: Flags.boolean({ char: 'y', description: 'do not ask' }) };

  protected override async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(HardenApply);
    await this.phase(
      'harden',
      () => this.apply(flags),
      (detail) => detail,
    );
    return undefined;
  }

  private async apply(flags: PolicyFlags & { yes: boolean }): Promise<Detail> {
    const { checkAgreed, hardenHost, planHost } = await import('../../hardening/index.ts');
    const options = await this.options(flags);
    // Looking comes first and changes nothing; the kernel's word is put to the test only once the owner has agreed.
    const first = await planHost({ ...options, probe: false });
    checkAgreed(first, flags['one-way'] ?? []);
    this.showPlan(first);
    const { isServing, prepareHome } = await import('../../service/index.ts');
    const [blocker] = first.blockers;
    // Before anything is written, the home among it.
    if (blocker) throw new UserError(blocker.code, blocker.message, blocker);
    if (await isServing(this.home)) return this.nothingToChange(await planHost({ ...options, probe: true }));
    if (first.changes.length > 0) await this.ask(first, flags.yes);
    const { Journal } = await import('../../system/journal.ts');
    await prepareHome(this.home, new Journal(this.home.journal));
    const plan = await planHost({ ...options, probe: true });
    if (!isSeen(plan, first)) {
      // The machine changed while its owner read, or its kernel turned out to be another than it looked.
      this.showPlan(plan);
      await this.ask(plan, flags.yes);
    }
    const { applied, deviations } = await hardenHost(plan, { home: this.home });
    this.refuse(deviations);
    const { cgroupProcs, partition, unsupported } = applied;
    for (const { feature, reason } of unsupported.slice(first.unsupported.length))
      this.say(`unsupported: ${feature}: ${reason}`);
    const summary =
      plan.changes.length === 0 ? 'nothing to change' : `${plan.changes.length} changes applied and verified`;
    return { ...this.planDetail(plan), unsupported, cgroupProcs, partition, deviations, summary };
  }

  /** While the services run, nothing is changed, nor written anew: NGd can't tell its owner from a stranger. */
  private async nothingToChange(plan: HardeningPlan): Promise<Detail> {
    const { readApplied, verifyPlan } = await import('../../hardening/index.ts');
    const applied = await readApplied(this.home);
    if (plan.changes.length > 0 || applied === undefined || applied.policy !== plan.target.policy) {
      const { serviceRunning } = await import('../../service/index.ts');
      throw serviceRunning();
    }
    const deviations = await verifyPlan(applied);
    this.refuse(deviations);
    const { cgroupProcs, partition, unsupported } = applied;
    return {
      ...this.planDetail(plan),
      ...{ unsupported, cgroupProcs, partition, deviations, summary: 'nothing to change' },
    };
  }

  private async ask(plan: HardeningPlan, yes: boolean): Promise<void> {
    await this.confirm('Apply these changes?', yes);
    for (const change of plan.changes) {
      if (change.kind !== 'control' || change.step.do !== 'switch') continue;
      await this.confirm(`${change.control} can't be taken back before the next boot. Throw this switch?`, yes);
    }
  }
}

/** Whether every change of a plan was among those that were shown. */
function isSeen(plan: HardeningPlan, shown: HardeningPlan): boolean {
  const known = new Set(shown.changes.map(({ what, to }) => `${what} ${to}`));
  return plan.changes.every(({ what, to }) => known.has(`${what} ${to}`));
}
