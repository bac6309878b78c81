import { Args, Flags } from '@oclif/core';
import { UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmStop extends LogosCommand {
  static override description = `stop a DVM: ask its guest to power off, and take the power away when it does not

One of your own that has disks keeps them: \`logos dvm start\` starts it again,
\`logos dvm remove\` deletes them.`;
  static override examples = ['<%= config.bin %> dvm stop admission', '<%= config.bin %> dvm stop admission --now'];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    now: Flags.boolean({ description: 'take the power away at once' }),
    grace: Flags.integer({ description: 'seconds that the guest may take', default: 5, min: 0, max: 3600 }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmStop);
    const { haltDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    const graceMs = flags.now ? 0 : flags.grace * 1000;
    await withDvmHost(this.home, (host) => haltDvm(host, args.name, { graceMs }));
    const onChain = await this.tellGatekeeper(args.name);
    this.say(`${args.name} is stopped${onChain ? '' : '; the gatekeeper does not run, so it may come back with it'}.`);
    return { name: args.name, onChain };
  }

  /** Otherwise the chain would have the guest started again. */
  private async tellGatekeeper(name: string): Promise<boolean> {
    const { sendOrder } = await import('../../service/api/client.ts');
    try {
      await sendOrder(this.home, { stopDvm: name });
      return true;
    } catch (error) {
      if (error instanceof UserError && error.code === 'service-not-running') return false;
      throw error;
    }
  }
}
