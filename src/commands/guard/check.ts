import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GuardCheck extends LogosCommand {
  static override description = 'look once at everything a baseline holds; exit code 1 when something differs';

  static override examples = [
    '<%= config.bin %> guard check /root/host.baseline',
    '<%= config.bin %> guard check /root/host.baseline --json',
  ];

  static override args = {
    file: Args.string({ description: 'the baseline', required: true }),
  };

  static override flags = {};

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(GuardCheck);
    const { runGuardCheck } = await import('../guard-runs.ts');
    const { progress, abort } = this;
    return runGuardCheck(args.file, { progress, abort, say: (text) => this.say(text) });
  }
}
