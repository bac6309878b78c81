import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { nodeFlags, nodeOptions } from './flags.ts';
import { nodeLines } from './lines.ts';

export default class ChainNodeStart extends LogosCommand {
  static override description = `run a node of the chain as a background service, and wait until it answers

It comes back after a reboot.`;

  static override examples = [
    '<%= config.bin %> chain node start --role full --chain network.json',
    '<%= config.bin %> chain node start --role validator --chain network.json \\\n    --base-path /srv/logos --name my-validator',
    '<%= config.bin %> chain node start --role light --chain network.json \\\n    --boot-node /dns/boot.example.org/tcp/30333/p2p/12D3…',
    '<%= config.bin %> chain node start',
  ];

  static override flags = nodeFlags;

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeStart);
    const { chooseNode, startNode } = await import('../../../service/index.ts');
    const { settings, specification } = await chooseNode(this.home, nodeOptions(flags));
    const report = await startNode(this.home, settings, specification, this.abort.signal);
    for (const line of nodeLines(report)) this.say(line);
    return { ...report };
  }
}
