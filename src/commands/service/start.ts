import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ServiceStart extends LogosCommand {
  static override description = 'start the background services that are set up on this host, or one of them';

  static override examples = ['<%= config.bin %> service start', '<%= config.bin %> service start ng'];

  static override args = {
    name: Args.string({ description: 'the service', options: ['libvirtd', 'chain', 'node', 'ng', 'ngd'] }),
  };

  static override flags = {
    boot: Flags.boolean({ description: 'only what was not stopped on purpose', hidden: true, exclusive: ['name'] }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ServiceStart);
    const { openServiceManager, serviceNameOf } = await import('../../service/index.ts');
    const manager = await openServiceManager(this.home);
    if (flags.boot) await manager.startWanted();
    else await manager.start(serviceNameOf(args.name));
    const services = await manager.status();
    for (const [name, { state }] of Object.entries(services)) this.say(`${name.padEnd(10)}${state}`);
    return { services };
  }
}
