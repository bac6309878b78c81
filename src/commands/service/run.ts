import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ServiceRun extends LogosCommand {
  static override description = 'run the supervisor of the background services in the foreground';

  static override examples = ['<%= config.bin %> service run'];

  static override hidden = true;

  static override flags = {};

  protected async execute(): Promise<Detail> {
    await this.parse(ServiceRun);
    const { runSupervisor } = await import('../../service/supervisor/supervisor.ts');
    return { first: await runSupervisor(this.home, this.abort.signal) };
  }
}
