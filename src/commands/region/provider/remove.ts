import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { namedRegion, REGION_FLAGS } from '../common.ts';
import { PROVIDER_ARGS } from './common.ts';

export default class RegionProviderRemove extends LogosCommand {
  static override description = `take a provider's machine out of a region

Guests of one that leaves move with their disks: each stops, and starts on
another server. With --excluded its tunnel is cut first, its guests are
rebuilt elsewhere from their images, and it can't join again.`;

  static override examples = [
    '<%= config.bin %> region provider remove berlin.yaml home-1',
    '<%= config.bin %> region provider remove berlin.yaml home-1 --excluded --yes',
  ];

  static override args = PROVIDER_ARGS;

  static override flags = {
    ...REGION_FLAGS,
    excluded: Flags.boolean({ description: 'it was excluded: nothing of it is trusted', default: false }),
    'dry-run': Flags.boolean({ description: 'show what it would change, and change nothing', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionProviderRemove);
    const { removeProvider } = await import('../../../region/index.ts');
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    const { excluded, 'dry-run': dryRun } = flags;
    if (!dryRun) await this.confirm(`Take ${args.name} out of ${region.definition.name}?`, flags.yes);
    const work = { ...options, progress: this.progress, signal: this.abort.signal };
    const { changed } = await removeProvider(work, args.name, { excluded, dryRun });
    this.say(`${args.name}: ${changed} tasks ${dryRun ? 'would change' : 'changed'} something.`);
    return { region: region.definition.name, name: args.name, excluded, dryRun, changed };
  }
}
