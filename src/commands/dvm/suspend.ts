import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmSuspend extends LogosCommand {
  static override description = 'let a DVM stand still; its memory is kept';
  static override examples = ['<%= config.bin %> dvm suspend try', '<%= config.bin %> dvm suspend try --json'];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(DvmSuspend);
    const { suspendDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    await withDvmHost(this.home, (host) => suspendDvm(host, args.name));
    this.say(`${args.name} stands still. It goes on with: logos dvm resume ${args.name}`);
    return { name: args.name };
  }
}
