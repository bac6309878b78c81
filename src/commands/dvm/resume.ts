import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmResume extends LogosCommand {
  static override description = 'let a DVM go on that stands still, by order or for a full disk';
  static override examples = ['<%= config.bin %> dvm resume try', '<%= config.bin %> dvm resume try --json'];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(DvmResume);
    const { resumeDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    await withDvmHost(this.home, (host) => resumeDvm(host, args.name));
    this.say(`${args.name} runs.`);
    return { name: args.name };
  }
}
