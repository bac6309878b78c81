import { Flags } from '@oclif/core';
import { localExec } from '../../../system/exec.ts';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class RegionProviderDepart extends LogosCommand {
  static override description = `on a provider's machine: take off it what it has of a region

Ends the tunnel, gives libvirt and Open vSwitch back, and forgets its keys.
The region first moves the guests away: \`region provider remove\`.`;

  static override examples = ['<%= config.bin %> region provider depart --yes'];

  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }) };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(RegionProviderDepart);
    const { departMachine } = await import('../../../region/index.ts');
    await this.confirm('Take this machine out of its region? Guests that are left on it are cut off.', flags.yes);
    await departMachine(localExec);
    return { departed: true };
  }
}
