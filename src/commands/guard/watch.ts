import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { LONGEST_WATCH } from '../guard-runs.ts';

export default class GuardWatch extends LogosCommand {
  static override description = 'watch what a baseline holds until Ctrl-C; exit code 1 when something differed';

  static override examples = [
    '<%= config.bin %> guard watch /root/host.baseline',
    '<%= config.bin %> guard watch /root/host.baseline --json --for 60',
  ];

  static override args = {
    file: Args.string({ description: 'the baseline', required: true }),
  };

  static override flags = {
    for: Flags.integer({
      description: 'end after so many seconds',
      helpValue: 'SECONDS',
      min: 1,
      max: LONGEST_WATCH,
    }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(GuardWatch);
    const { runGuardWatch } = await import('../guard-runs.ts');
    const { progress, abort } = this;
    return runGuardWatch(args.file, flags.for, { progress, abort, say: (text) => this.say(text) });
  }
}
