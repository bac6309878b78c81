import { Args } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainSpecShow extends LogosCommand {
  static override description = `show what a chain specification comes to

Its first block, runtime, validators, council and balances.`;

  static override examples = ['<%= config.bin %> chain spec show chain-spec.json'];

  static override args = { spec: Args.string({ description: 'file of the specification', required: true }) };

  protected async execute(): Promise<Detail> {
    const { args } = await this.parse(ChainSpecShow);
    const { openSpecifications } = await import('../../../chain/index.ts');
    const { describeSpecification, openSpecification } = await openSpecifications();
    const summary = await openSpecification(args.spec);
    for (const line of describeSpecification(summary)) this.say(line);
    return { ...summary };
  }
}
