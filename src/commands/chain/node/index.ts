import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { nodeFlags, nodeOptions } from './flags.ts';

export default class ChainNode extends LogosCommand {
  static override description = `run a node of the chain in the foreground, until Ctrl-C

\`chain node start\` runs it as a service.`;

  static override examples = [
    '<%= config.bin %> chain node --chain dev --instant',
    '<%= config.bin %> chain node --role archive --chain network.json \\\n    --base-path /srv/archive',
    '<%= config.bin %> chain node --role light --chain network.json',
  ];

  static override flags = {
    ...nodeFlags,
    instant: Flags.boolean({ description: 'a block for each transaction, final at once, on a development chain' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNode);
    const { chooseNode, runLight, runNode } = await import('../../../service/index.ts');
    const { settings, specification } = await chooseNode(this.home, nodeOptions(flags));
    const url = `ws://127.0.0.1:${settings.rpcPort}`;
    const run = settings.role === 'light' ? runLight : runNode;
    await run(settings, specification, {
      instant: flags.instant,
      signal: this.abort.signal,
      onReady: () => {
        this.progress({ event: 'ready', url });
        this.say(`The node answers at ${url}. Ctrl-C stops it.`);
      },
      onLine: (line) => this.say(line),
    });
    return { url };
  }
}
