import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class Ngd extends LogosCommand {
  static override description = 'The integrity daemon (NGd) in the foreground: what the service manager runs.';
  static override hidden = true;

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(Ngd);
    const { runNgd } = await import('../../service/ngd.ts');
    await runNgd(this.home, this.abort.signal);
    return undefined;
  }
}
