import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsAdd extends LogosCommand {
  static override description = 'take a file into the artefact store, and say how the chain must name it';

  static override examples = [
    '<%= config.bin %> artifacts add policy.json',
    '<%= config.bin %> artifacts add image.raw --pin',
  ];

  static override args = {
    file: Args.string({ description: 'path of the file', required: true }),
  };

  static override flags = {
    pin: Flags.boolean({ description: 'keep it from being collected', default: false }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ArtifactsAdd);
    const { openArtifacts } = await import('../../chain/index.ts');
    const store = openArtifacts(this.home.artifacts);
    const { digest, size } = await store.add(args.file);
    if (flags.pin) await store.pin(digest);
    this.say(`${digest}  ${size} bytes`);
    return { digest, size, pinned: flags.pin };
  }
}
