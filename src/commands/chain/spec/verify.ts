import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainSpecVerify extends LogosCommand {
  static override description = `check that a network can start from a chain specification

With --genesis or --chain, also that it is the one that you mean.`;

  static override examples = [
    '<%= config.bin %> chain spec verify chain-spec.json --genesis 0x91b1…ce3',
    '<%= config.bin %> chain spec verify chain-spec.json --chain wss://chain.example.org',
  ];

  static override args = { spec: Args.string({ description: 'file of the specification', required: true }) };

  static override flags = {
    genesis: Flags.string({ description: 'hash of the first block, as the founders published it' }),
    chain: Flags.string({ description: 'WebSocket address of a chain that must have the same first block' }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ChainSpecVerify);
    const { connectChain, openSpecifications } = await import('../../../chain/index.ts');
    const { openSpecification, verifySpecification } = await openSpecifications();
    const summary = await openSpecification(args.spec);
    const known = flags.genesis === undefined ? [] : [{ hash: flags.genesis, where: 'the one that was given' }];
    if (flags.chain !== undefined) {
      const chain = await connectChain(flags.chain);
      known.push({ hash: chain.identity.genesis, where: `the chain at ${flags.chain}` });
      await chain.close();
    }
    const checks = verifySpecification(summary, known);
    for (const check of checks) this.say(`✓ ${check}`);
    this.say(`genesis ${summary.genesis}`);
    return { ...summary, checks };
  }
}
