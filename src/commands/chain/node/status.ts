import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { nodeLines } from './lines.ts';

export default class ChainNodeStatus extends LogosCommand {
  static override description = 'show whether the native node of this host runs, how far it is, and its peers';

  static override examples = ['<%= config.bin %> chain node status', '<%= config.bin %> chain node status --json'];

  static override flags = {};

  protected async execute(): Promise<Detail> {
    await this.parse(ChainNodeStatus);
    const { nodeReport } = await import('../../../service/index.ts');
    const report = await nodeReport(this.home);
    for (const line of nodeLines(report)) this.say(line);
    return { ...report };
  }
}
