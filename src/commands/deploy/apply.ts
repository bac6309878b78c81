import { Args } from '@oclif/core';
import { ExitCode } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployApply extends LogosCommand {
  static override description = `bring this host to what is deployed, at once

The gatekeeper does this by itself; here it looks now, tries what failed once
more, and looks for drift. Where no gatekeeper runs, this command does it.`;

  static override examples = ['<%= config.bin %> deploy apply', '<%= config.bin %> deploy apply 7'];

  static override args = {
    id: Args.string({ description: 'number of a proposal; without it all that this host is to have' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(DeployApply);
    const { applyDeployments } = await import('../../service/index.ts');
    const { height, steps } = await applyDeployments(this.home, args.id, this.abort.signal);
    const wrong = steps.some(({ step }) => step === 'failed' || step === 'refused');
    if (wrong) process.exitCode = ExitCode.failed;
    if (steps.length === 0) this.say('There is nothing that this host is to have.');
    for (const { target, proposal, step, version, reason } of steps)
      this.say(
        `${target}  proposal ${proposal}  ${version ?? ''}  ${step}${reason === undefined ? '' : `: ${reason}`}`,
      );
    return { ok: !wrong, height, steps: steps.map((step) => ({ ...step })) };
  }
}
