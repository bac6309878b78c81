import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** What a service manager runs as the private libvirtd; started inside `unshare --mount` (src/hypervisor/plan.ts). */
export default class InternalLibvirtd extends LogosCommand {
  static override hidden = true;
  static override description = 'become the private libvirtd of one LOGOS_HOME';
  static override flags = {
    root: Flags.string({ required: true, description: 'directory of the daemon' }),
    home: Flags.string({ required: true, description: 'LOGOS_HOME, hidden from the daemon' }),
    images: Flags.string({ required: true, description: 'directory of the guest images' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(InternalLibvirtd);
    const { becomeLibvirtd } = await import('../../hypervisor/index.ts');
    return becomeLibvirtd(flags);
  }
}
