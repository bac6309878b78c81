import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { REGION_ARGS } from '../common.ts';

export default class RegionProviderList extends LogosCommand {
  static override description = `list the providers' machines of a region

Reads what this machine wrote down; asks no server.`;

  static override examples = ['<%= config.bin %> region provider list berlin.yaml --json'];

  static override args = REGION_ARGS;

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(RegionProviderList);
    const { readDefinition, regionsDirectory } = await import('../../../service/index.ts');
    const { listProviders } = await import('../../../region/index.ts');
    const definition = await readDefinition(args.definition);
    const providers = await listProviders(regionsDirectory(this.home), definition);
    if (providers.length === 0) this.say(`${definition.name} has no providers.`);
    for (const { name, class: of, state, address = '' } of providers)
      this.say(`${name.padEnd(16)} ${state.padEnd(10)} ${of.padEnd(12)} ${address}`);
    return { region: definition.name, providers };
  }
}
