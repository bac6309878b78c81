import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmRemove extends LogosCommand {
  static override description = 'end a DVM of your own and delete its disks';
  static override examples = ['<%= config.bin %> dvm remove try', '<%= config.bin %> dvm remove try --yes --json'];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmRemove);
    const { removeDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    await this.confirm(`End ${args.name} and delete its disks?`, flags.yes);
    await withDvmHost(this.home, (host) => removeDvm(host, args.name));
    this.say(`${args.name} is gone, with its disks.`);
    return { name: args.name };
  }
}
