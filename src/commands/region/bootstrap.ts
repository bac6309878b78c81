import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { type Detail, REGION_PHASES } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class RegionBootstrap extends LogosCommand {
  static override description = `make a region of servers, reached by SSH alone

First compares the definition and every file that will be run with what the
chain names; a changed byte is refused. Then looks at the servers, shows what
will be done, asks, and does it phase by phase. Broken off in any way, it
goes on at the phase where it was when the same command is run again; on a
finished region it changes nothing but what drifted.`;

  static override examples = [
    '<%= config.bin %> region bootstrap berlin.yaml',
    '<%= config.bin %> region bootstrap berlin.yaml --dry-run --json',
    '<%= config.bin %> region bootstrap berlin.yaml --phase keystone --yes',
  ];

  static override args = {
    definition: Args.string({ description: 'file of the definition', required: true }),
  };

  static override flags = {
    'dry-run': Flags.boolean({ description: 'show what each phase would change, and change nothing', default: false }),
    phase: Flags.option({ description: 'run this phase alone', options: REGION_PHASES })(),
    identity: Flags.string({ char: 'i', description: "private key's file (default: the agent's keys)" }),
    chain: Flags.string({ description: 'WebSocket address of the chain (default: the one this host joined)' }),
    'closure-hash': Flags.string({ description: 'compare with this closure, and ask no chain', exclusive: ['chain'] }),
    platform: Flags.string({ description: 'tree of playbooks (default: the one that ships)' }),
    ansible: Flags.string({ description: 'the program ansible-playbook', default: 'ansible-playbook' }),
    'guest-kernel': Flags.string({ description: 'kernel that the acceptance boots', dependsOn: ['guest-initramfs'] }),
    'guest-initramfs': Flags.string({ description: 'and its initramfs', dependsOn: ['guest-kernel'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionBootstrap);
    const { openRegion, prepareRegions, refuseUnnamed } = await import('../../service/index.ts');
    const { bootstrap, describePlan } = await import('../../region/index.ts');
    const region = await openRegion(args.definition, flags.platform);
    const regions = await prepareRegions(this.home);
    const namedBy = await refuseUnnamed(this.home, region, { closureHash: flags['closure-hash'], chain: flags.chain });
    const [kernel, initramfs] = [flags['guest-kernel'], flags['guest-initramfs']];
    const result = await bootstrap(
      {
        ...region,
        regions,
        ansible: flags.ansible,
        progress: this.progress,
        signal: this.abort.signal,
        ...(flags.identity && { identity: resolve(flags.identity) }),
        ...(kernel && initramfs && { guest: { kernel: resolve(kernel), initramfs: resolve(initramfs) } }),
      },
      {
        ...(flags.phase && { only: flags.phase }),
        dryRun: flags['dry-run'],
        agree: async (plan) => {
          this.say(describePlan(plan));
          await this.confirm('Change these servers?', flags.yes);
        },
      },
    );
    const what = flags['dry-run'] ? 'would change' : 'changed';
    this.say(`${region.definition.name}: ${result.changed} tasks ${what} something.`);
    const { name } = region.definition;
    return { region: name, closure: region.record.digest, namedBy, dryRun: flags['dry-run'], ...result };
  }
}
