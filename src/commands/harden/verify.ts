import { UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { HardenCommand } from './common.ts';

export default class HardenVerify extends HardenCommand {
  static override description = `Compare this machine with the host policy that was applied.

Every control with its state: held, reported (only looked at), not-held,
unsupported here, or not-asked. Exit code 3 when one does not hold.`;
  static override examples = ['<%= config.bin %> harden verify', '<%= config.bin %> harden verify --json'];
  static override flags = {};

  protected override async execute(): Promise<Detail | undefined> {
    await this.parse(HardenVerify);
    await this.phase(
      'harden',
      () => this.verify(),
      (detail) => detail,
    );
    return undefined;
  }

  private async verify(): Promise<Detail> {
    await this.refuseOthers();
    const { HOST_PATHS, kernelFiles, readApplied, reportControls, verifyPlan } = await import(
      '../../hardening/index.ts'
    );
    const { localExec } = await import('../../system/exec.ts');
    const { Journal } = await import('../../system/journal.ts');
    const applied = await readApplied(this.home);
    if (!applied) {
      throw new UserError('not-hardened', 'No host policy was applied to this machine.', {
        nextSteps: ['Run `logos harden apply --chain URL`, or `logos provide`.'],
      });
    }
    const probe = process.getuid?.() === 0 ? new Journal(this.home.journal) : undefined;
    const deviations = await verifyPlan(applied, { probe });
    const looking = { exec: localExec, files: kernelFiles, paths: HOST_PATHS };
    const controls = await reportControls(applied, deviations, looking);
    for (const { control, state, detail } of controls) {
      const message = `${control}: ${state}${detail === '' ? '' : `: ${detail}`}`;
      this.progress({ event: 'note', phase: 'harden', message, detail: { control, state, detail } });
    }
    this.refuse(deviations);
    const { unsupported, policy } = applied;
    return { controls, deviations, unsupported, policy, summary: 'all of it holds' };
  }
}
