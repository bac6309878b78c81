import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { type Detail, REGION_PHASES } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { namedRegion, REGION_ARGS, REGION_FLAGS } from './common.ts';

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

  static override args = REGION_ARGS;

  static override flags = {
    ...REGION_FLAGS,
    'dry-run': Flags.boolean({ description: 'show what each phase would change, and change nothing', default: false }),
    phase: Flags.option({ description: 'run this phase alone', options: REGION_PHASES })(),
    'guest-kernel': Flags.string({ description: 'kernel that the acceptance boots', dependsOn: ['guest-initramfs'] }),
    'guest-initramfs': Flags.string({ description: 'and its initramfs', dependsOn: ['guest-kernel'] }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionBootstrap);
    const { bootstrap, describePlan } = await import('../../region/index.ts');
    const { region, namedBy, options } = await namedRegion(this.home, args.definition, flags);
    const [kernel, initramfs] = [flags['guest-kernel'], flags['guest-initramfs']];
    const result = await bootstrap(
      {
        ...options,
        progress: this.progress,
        signal: this.abort.signal,
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
