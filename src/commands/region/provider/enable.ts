import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { namedRegion, REGION_FLAGS } from '../common.ts';
import { PROVIDER_ARGS } from './common.ts';

export default class RegionProviderEnable extends LogosCommand {
  static override description = `have guests placed on a provider's machine

Waits until the machine is connected, and puts it into the aggregate of its
class.`;

  static override examples = ['<%= config.bin %> region provider enable berlin.yaml home-1'];

  static override args = PROVIDER_ARGS;

  static override flags = REGION_FLAGS;

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionProviderEnable);
    const { enableProvider } = await import('../../../region/index.ts');
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    const work = { ...options, progress: this.progress, signal: this.abort.signal };
    const result = await enableProvider(work, args.name);
    this.say(`${args.name} takes guests.`);
    return { region: region.definition.name, name: args.name, ...result };
  }
}
