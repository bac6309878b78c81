import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { namedRegion, REGION_ARGS, REGION_FLAGS } from './common.ts';

export default class RegionReset extends LogosCommand {
  static override description = `undo a region, the last phase first

Runs the way back of each phase that has one, and says which have none. Then
compares packages, /etc and units of every server with what they were before
the first phase, and lists what differs.`;

  static override examples = [
    '<%= config.bin %> region reset berlin.yaml',
    '<%= config.bin %> region reset berlin.yaml --yes --json',
  ];

  static override args = REGION_ARGS;

  static override flags = REGION_FLAGS;

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionReset);
    const { resetRegion } = await import('../../region/index.ts');
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    await this.confirm(`Take ${region.definition.name} off its servers, with all that is in it?`, flags.yes);
    const result = await resetRegion({
      ...options,
      progress: this.progress,
      signal: this.abort.signal,
    });
    if (result.kept.length > 0) this.say(`Not undone, for there is no way back: ${result.kept.join(', ')}`);
    for (const [server, differences] of Object.entries(result.differences)) {
      this.say(`${server}: ${differences.length === 0 ? 'as it was' : `${differences.length} differences`}`);
      for (const difference of differences.slice(0, 20)) this.say(`  ${difference}`);
    }
    return { region: region.definition.name, ...result };
  }
}
