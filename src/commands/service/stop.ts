import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ServiceStop extends LogosCommand {
  static override description = `stop the background services of this host, or one of them

They stay so until they are started again.`;

  static override examples = ['<%= config.bin %> service stop', '<%= config.bin %> service stop ngd'];

  static override args = {
    name: Args.string({ description: 'the service', options: ['libvirtd', 'chain', 'node', 'ng', 'ngd'] }),
  };

  static override flags = {
    shutdown: Flags.boolean({ description: 'for the shutdown of the machine: they come back at boot', hidden: true }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ServiceStop);
    const { openServiceManager, serviceNameOf } = await import('../../service/index.ts');
    const manager = await openServiceManager(this.home);
    if (flags.shutdown) await manager.shutdown();
    else await manager.stop(serviceNameOf(args.name));
    const services = await manager.status();
    for (const [name, { state }] of Object.entries(services)) this.say(`${name.padEnd(10)}${state}`);
    return { services };
  }
}
