import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployWithdraw extends LogosCommand {
  static override description = `take back a deployment that this host proposed

Its author may, until it was applied.`;

  static override examples = ['<%= config.bin %> deploy withdraw 7'];

  static override args = { id: Args.string({ description: 'number of the proposal', required: true }) };

  static override flags = {};

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(DeployWithdraw);
    const { decideDeployment } = await import('../../service/index.ts');
    const { outcome } = await decideDeployment(this.home, 'withdraw', args.id);
    this.say(`Proposal ${args.id}: your request is ${outcome}.`);
    return { proposal: args.id, outcome };
  }
}
