import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ServiceLogs extends LogosCommand {
  static override description = 'print the last lines that a background service wrote';

  static override examples = ['<%= config.bin %> service logs ng', '<%= config.bin %> service logs ngd --lines 200'];

  static override args = {
    name: Args.string({
      description: 'the service',
      options: ['libvirtd', 'chain', 'node', 'ng', 'ngd', 'supervisor'],
      default: 'ng',
    }),
  };

  static override flags = {
    lines: Flags.integer({ char: 'n', description: 'how many lines', default: 50, min: 1, max: 100_000 }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ServiceLogs);
    const { openServiceManager, serviceNameOf } = await import('../../service/index.ts');
    const manager = await openServiceManager(this.home);
    const lines = await manager.logs(serviceNameOf(args.name) ?? 'supervisor', flags.lines);
    for (const line of lines) this.say(line);
    return { service: args.name, lines };
  }
}
