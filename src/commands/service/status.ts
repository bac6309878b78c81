import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ServiceStatus extends LogosCommand {
  static override description = `show the background services of this host

Also whether they come back after a reboot.`;

  static override examples = ['<%= config.bin %> service status'];

  static override flags = {};

  protected async execute(): Promise<Detail> {
    await this.parse(ServiceStatus);
    const { openServiceManager } = await import('../../service/index.ts');
    const manager = await openServiceManager(this.home);
    const [services, boot] = [await manager.status(), await manager.bootStart()];
    for (const [name, { state, pid, restarts }] of Object.entries(services)) {
      this.say(
        `${name.padEnd(10)}${state.padEnd(10)}${pid === undefined ? '' : `process ${pid}, `}restarts ${restarts}`,
      );
    }
    if (Object.keys(services).length === 0) this.say('No service is set up on this host.');
    else this.say(boot.detail);
    return { manager: manager.kind, services, boot };
  }
}
