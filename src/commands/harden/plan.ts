import type { Detail } from '../../system/progress.ts';
import { HardenCommand, POLICY_FLAGS } from './common.ts';

export default class HardenPlan extends HardenCommand {
  static override description = `Show what a host policy would change on this machine, and change nothing.

Each change with what is there now and why. Switches that only the next boot
takes back are named apart: they are left alone unless you name them.`;
  static override examples = [
    '<%= config.bin %> harden plan --chain ws://127.0.0.1:9944',
    '<%= config.bin %> harden plan --policy host-policy.json --json',
  ];
  static override flags = POLICY_FLAGS;

  protected override async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(HardenPlan);
    const work = async (): Promise<Detail> => {
      const { checkAgreed, planHost } = await import('../../hardening/index.ts');
      const plan = await planHost({ ...(await this.options(flags)), probe: false });
      checkAgreed(plan, flags['one-way'] ?? []);
      this.showPlan(plan);
      return { ...this.planDetail(plan), dryRun: true, summary: `${plan.changes.length} changes planned` };
    };
    await this.phase('harden', work, (detail) => detail);
    return undefined;
  }
}
