import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployStatus extends LogosCommand {
  static override description = 'show what is deployed and proposed, and how far this host is';

  static override examples = ['<%= config.bin %> deploy status', '<%= config.bin %> deploy status region/base --json'];

  static override args = { target: Args.string({ description: 'one target' }) };

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain (default: the one this host joined)' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DeployStatus);
    const { deployStatus, deployStatusText } = await import('../../service/index.ts');
    const targets = await deployStatus(this.home, { url: flags.chain, target: args.target });
    this.say(deployStatusText(targets));
    // Ids are larger than JSON's numbers.
    const plain = JSON.stringify(targets, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    return { targets: JSON.parse(plain) as Detail[] };
  }
}
