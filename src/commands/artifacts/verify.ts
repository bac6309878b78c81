import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsVerify extends LogosCommand {
  static override description = 'read every artefact of the store anew; say which are not what their names say';

  static override examples = ['<%= config.bin %> artifacts verify', '<%= config.bin %> artifacts verify --remove'];

  static override flags = {
    remove: Flags.boolean({
      description: 'remove the damaged ones, so that they are fetched anew when they are needed',
    }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ArtifactsVerify);
    const { openArtifacts, storeDamaged } = await import('../../chain/index.ts');
    const store = openArtifacts(this.home.artifacts);
    const { intact, damaged } = await store.verify({ remove: flags.remove, signal: this.abort.signal });
    if (damaged.length > 0 && !flags.remove) throw storeDamaged(damaged);
    this.say(`${intact} artefacts are intact.`);
    for (const digest of damaged) this.say(`removed ${digest}`);
    return { intact, removed: damaged };
  }
}
