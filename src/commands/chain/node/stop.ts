import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainNodeStop extends LogosCommand {
  static override description = 'stop the native node until it is started again; a reboot leaves it stopped';

  static override examples = ['<%= config.bin %> chain node stop'];

  static override flags = {};

  protected async execute(): Promise<Detail> {
    await this.parse(ChainNodeStop);
    const { stopNode } = await import('../../../service/index.ts');
    await stopNode(this.home);
    this.say('The node is stopped.');
    return { state: 'stopped' };
  }
}
