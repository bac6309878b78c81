import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsPin extends LogosCommand {
  static override description = 'keep an artefact in the store although the chain does not name it';

  static override examples = [
    '<%= config.bin %> artifacts pin 9f86…0a08',
    '<%= config.bin %> artifacts pin 9f86…0a08 --remove',
  ];

  static override args = {
    digest: Args.string({ description: 'SHA-256 of the artefact', required: true }),
  };

  static override flags = {
    remove: Flags.boolean({ description: 'take the pin away: the next `gc` may remove the artefact', default: false }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ArtifactsPin);
    const { openArtifacts } = await import('../../chain/index.ts');
    const store = openArtifacts(this.home.artifacts);
    await (flags.remove ? store.unpin(args.digest) : store.pin(args.digest));
    this.say(`${args.digest} is ${flags.remove ? 'no longer ' : ''}pinned.`);
    return { digest: args.digest, pinned: !flags.remove };
  }
}
