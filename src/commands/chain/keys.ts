import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainKeys extends LogosCommand {
  static override description = "show the address of this host's key on the chain";

  static override examples = ['<%= config.bin %> chain keys', '<%= config.bin %> chain keys --json'];

  protected async execute(): Promise<Detail> {
    await this.parse(ChainKeys);
    const { hostAddress } = await import('../../chain/index.ts');
    const address = await hostAddress(this.home.keys);
    this.say(address);
    return { address };
  }
}
