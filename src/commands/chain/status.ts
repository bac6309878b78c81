import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainStatus extends LogosCommand {
  static override description = 'show which chain answers, how far it is, and the sections of its configuration';

  static override examples = [
    '<%= config.bin %> chain status',
    '<%= config.bin %> chain status --chain wss://chain.example.org --json',
  ];

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain', default: 'ws://127.0.0.1:9944' }),
    region: Flags.string({ description: 'region whose sections are shown', default: 'local' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainStatus);
    const { builtInSpecVersion, connectChain } = await import('../../chain/index.ts');
    const chain = await connectChain(flags.chain, { region: flags.region });
    try {
      const { identity } = chain;
      const head = await chain.head();
      const snapshots = await Promise.all((await chain.sections()).map((section) => chain.configuration(section)));
      const sections = snapshots.map(({ section, version, digest, entries }) => ({
        section,
        version,
        digest,
        keys: [...entries.keys()].sort(),
      }));
      this.say(`${identity.name} (${identity.specName} ${identity.specVersion})  genesis ${identity.genesis}`);
      const builtIn = builtInSpecVersion();
      if (identity.development && identity.specVersion < builtIn) {
        this.say(
          `this program has runtime ${builtIn}: \`logos chain dev --upgrade\` puts it into a chain of this machine`,
        );
      }
      this.say(`block ${head.height}, finalized ${head.finalized}  ${head.hash}`);
      if (sections.length === 0) this.say(`region ${flags.region} has no sections`);
      for (const { section, version, keys } of sections) this.say(`${section}  version ${version}  ${keys.join(', ')}`);
      return { chain: identity, builtInSpecVersion: builtIn, head, region: flags.region, sections };
    } finally {
      await chain.close();
    }
  }
}
