import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class Ng extends LogosCommand {
  static override description = 'The gatekeeper (NG) in the foreground: what the service manager runs.';
  static override hidden = true;

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(Ng);
    const { runNg } = await import('../../service/ng.ts');
    await runNg(this.home, this.abort.signal);
    return undefined;
  }
}
