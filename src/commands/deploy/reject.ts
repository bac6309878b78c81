import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployReject extends LogosCommand {
  static override description = `turn a proposed deployment down

Operators may, until it was applied.`;

  static override examples = ['<%= config.bin %> deploy reject 7'];

  static override args = { id: Args.string({ description: 'number of the proposal', required: true }) };

  static override flags = {};

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(DeployReject);
    const { decideDeployment } = await import('../../service/index.ts');
    const { outcome } = await decideDeployment(this.home, 'reject', args.id);
    this.say(`Proposal ${args.id}: your request is ${outcome}.`);
    return { proposal: args.id, outcome };
  }
}
