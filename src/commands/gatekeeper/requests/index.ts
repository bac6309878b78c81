import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class GatekeeperRequests extends LogosCommand {
  static override description = 'show the newest requests that went through the gatekeeper, and how they ended';

  static override examples = [
    '<%= config.bin %> gatekeeper requests',
    '<%= config.bin %> gatekeeper requests --last 100 --json',
  ];

  static override flags = {
    last: Flags.integer({ description: 'how many', default: 20, min: 1, max: 2_000 }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(GatekeeperRequests);
    const { describeRequests, readRequests } = await import('../../../gatekeeper/index.ts');
    const { totals, recent } = await readRequests(this.home, flags.last);
    this.say(describeRequests(recent));
    return { totals, requests: recent };
  }
}
