import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class RegionReset extends LogosCommand {
  static override description = `undo a region, the last phase first

Runs the way back of each phase that has one, and says which have none. Then
compares packages, /etc and units of every server with what they were before
the first phase, and lists what differs.`;

  static override examples = [
    '<%= config.bin %> region reset berlin.yaml',
    '<%= config.bin %> region reset berlin.yaml --yes --json',
  ];

  static override args = {
    definition: Args.string({ description: 'file of the definition', required: true }),
  };

  static override flags = {
    identity: Flags.string({ char: 'i', description: "private key's file (default: the agent's keys)" }),
    chain: Flags.string({ description: 'WebSocket address of the chain (default: the one this host joined)' }),
    'closure-hash': Flags.string({ description: 'compare with this closure, and ask no chain', exclusive: ['chain'] }),
    platform: Flags.string({ description: 'tree of playbooks (default: the one that ships)' }),
    ansible: Flags.string({ description: 'the program ansible-playbook', default: 'ansible-playbook' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionReset);
    const { openRegion, prepareRegions, refuseUnnamed } = await import('../../service/index.ts');
    const { resetRegion } = await import('../../region/index.ts');
    const region = await openRegion(args.definition, flags.platform);
    const regions = await prepareRegions(this.home);
    await refuseUnnamed(this.home, region, { closureHash: flags['closure-hash'], chain: flags.chain });
    await this.confirm(`Take ${region.definition.name} off its servers, with all that is in it?`, flags.yes);
    const result = await resetRegion({
      ...region,
      regions,
      ansible: flags.ansible,
      progress: this.progress,
      signal: this.abort.signal,
      ...(flags.identity && { identity: resolve(flags.identity) }),
    });
    if (result.kept.length > 0) this.say(`Not undone, for there is no way back: ${result.kept.join(', ')}`);
    for (const [server, differences] of Object.entries(result.differences)) {
      this.say(`${server}: ${differences.length === 0 ? 'as it was' : `${differences.length} differences`}`);
      for (const difference of differences.slice(0, 20)) this.say(`  ${difference}`);
    }
    return { region: region.definition.name, ...result };
  }
}
