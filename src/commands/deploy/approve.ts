import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployApprove extends LogosCommand {
  static override description = `approve a proposed deployment

The gatekeeper fetches the closure and checks all of it before it approves.
--closure names the one that you looked at: another under this number is
refused. Only operators of the region approve, and not their own proposals.`;

  static override examples = ['<%= config.bin %> deploy approve 7 --closure 9f86…0a08'];

  static override args = { id: Args.string({ description: 'number of the proposal', required: true }) };

  static override flags = {
    closure: Flags.string({ description: 'SHA-256 of the closure that you looked at', required: true }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DeployApprove);
    const { decideDeployment } = await import('../../service/index.ts');
    const { outcome } = await decideDeployment(this.home, 'approve', args.id, flags.closure);
    this.say(`Proposal ${args.id}: your approval is ${outcome}.`);
    return { proposal: args.id, outcome };
  }
}
