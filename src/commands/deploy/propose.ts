import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployPropose extends LogosCommand {
  static override description = `propose a deployment to the region

Plans it, puts its archive into the artefact store of this host, and proposes
its closure on chain through the gatekeeper. Operators approve it with
\`logos deploy approve\`. Others fetch the archive from mirrors: see
\`logos artifacts serve\`.`;

  static override examples = [
    '<%= config.bin %> deploy propose infrastructure/base',
    '<%= config.bin %> deploy propose infrastructure/base --wait-blocks 14400 --yes',
  ];

  static override args = {
    directory: Args.string({ description: 'directory with a deployment.yaml', required: true }),
  };

  static override flags = {
    'wait-blocks': Flags.integer({ description: 'blocks that it waits for approvals', min: 20, max: 864_000 }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DeployPropose);
    const { openDeployChain, planDeployment, planText, proposeDeployment } = await import('../../service/index.ts');
    const chain = await openDeployChain(this.home);
    try {
      const plan = await planDeployment(this.home, args.directory, chain);
      this.say(planText(plan));
      // With findings it would be refused: there is nothing to ask about.
      if (plan.findings.length === 0) await this.confirm('Propose it?', flags.yes);
    } finally {
      await chain?.close();
    }
    const options = { waitBlocks: flags['wait-blocks'] };
    const { closure, receipt } = await proposeDeployment(this.home, args.directory, options);
    this.say(`Proposal ${receipt.proposal ?? '(pending)'}: closure ${closure.digest}`);
    return { proposal: receipt.proposal ?? null, closure: closure.digest, outcome: receipt.outcome };
  }
}
