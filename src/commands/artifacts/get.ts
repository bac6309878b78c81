import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsGet extends LogosCommand {
  static override description = `Have an artefact in the store, verified chunk by chunk while it comes.

It comes from the store itself, from what logos carries, or from the first
mirror that gives the right bytes. A run that was cut off is taken up by the
next.`;

  static override examples = [
    '<%= config.bin %> artifacts get 9f86…0a08 --mirror https://mirror.example.org/artifacts/',
    '<%= config.bin %> artifacts get 9f86…0a08 --mirror http://10.0.0.2:8480/ \\\n    --mirror http://10.0.0.3:8480/ --output image.raw',
  ];

  static override args = {
    digest: Args.string({ description: 'SHA-256 of the artefact', required: true }),
  };

  static override flags = {
    mirror: Flags.string({
      description: 'address of a mirror; may be given several times',
      multiple: true,
      default: [],
    }),
    size: Flags.integer({ description: 'bytes that it has (default: as the mirrors say)', min: 0 }),
    output: Flags.string({ char: 'o', description: 'also write it to this file' }),
    pin: Flags.boolean({ description: 'keep it from being collected', default: false }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ArtifactsGet);
    const { copyArtifact, openArtifacts } = await import('../../chain/index.ts');
    const { readConfig } = await import('../../service/index.ts');
    const { artifactMirrors = [] } = await readConfig(this.home);
    const store = openArtifacts(this.home.artifacts, { mirrors: [...flags.mirror, ...artifactMirrors] });
    const size = flags.size ?? (await store.sizeOf(args.digest));
    const reference = { digest: args.digest, size };
    await store.use(
      reference,
      async (path) => {
        if (flags.pin) await store.pin(args.digest);
        if (flags.output !== undefined) await copyArtifact(path, flags.output);
      },
      { signal: this.abort.signal },
    );
    this.say(`${args.digest}  ${size} bytes${flags.output === undefined ? '' : `  ${flags.output}`}`);
    return { ...reference, pinned: flags.pin, output: flags.output ?? null };
  }
}
