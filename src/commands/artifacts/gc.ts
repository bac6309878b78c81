import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsGc extends LogosCommand {
  static override description = `Remove artefacts that nothing needs.

What the chain's configuration names stays, and so does what is pinned, in
use, or younger than --grace. Without an answer from the chain nothing is
removed.`;

  static override examples = [
    '<%= config.bin %> artifacts gc --dry-run',
    '<%= config.bin %> artifacts gc --chain wss://chain.example.org \\\n    --region local --region north',
  ];

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain', default: 'ws://127.0.0.1:9944' }),
    region: Flags.string({
      description: 'region whose artefacts stay; may be given several times',
      multiple: true,
      default: ['local'],
    }),
    grace: Flags.integer({ description: 'seconds that a new artefact stays in any case', default: 3_600, min: 0 }),
    'dry-run': Flags.boolean({ description: 'say what would go and remove nothing', default: false }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ArtifactsGc);
    const { connectChain, namedArtifacts, openArtifacts } = await import('../../chain/index.ts');
    const roots = new Set<string>();
    for (const region of flags.region) {
      const chain = await connectChain(flags.chain, { region });
      try {
        for (const digest of (await namedArtifacts(chain)).keys()) roots.add(digest);
      } finally {
        await chain.close();
      }
    }
    const dryRun = flags['dry-run'];
    const result = await openArtifacts(this.home.artifacts).collect({ roots, graceMs: flags.grace * 1_000, dryRun });
    for (const { digest, size } of result.removed)
      this.say(`${dryRun ? 'would remove' : 'removed'} ${digest}  ${size} bytes`);
    this.say(`${result.kept} artefacts stay; ${result.freed} bytes ${dryRun ? 'would be' : 'are'} free.`);
    return { ...result, dryRun };
  }
}
