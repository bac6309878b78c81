import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmMigrate extends LogosCommand {
  static override description = `move a running DVM to another host, with its memory and disks

It stands still for less than a second. Disks on shared storage stay where
they are. One that can't be moved goes on where it was.`;
  static override examples = [
    '<%= config.bin %> dvm migrate try --to /srv/other-logos',
    '<%= config.bin %> dvm migrate try --to /srv/other-logos --json',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    to: Flags.string({ required: true, description: 'LOGOS_HOME or id of the instance that takes it' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmMigrate);
    const { directoryLink, migrateDvm } = await import('../../hypervisor/index.ts');
    const { otherHome, withDvmHost } = await import('../../service/dvm-host.ts');
    const { signal } = this.abort;
    const to = await otherHome(flags.to);
    const moved = await withDvmHost(this.home, (source) =>
      withDvmHost(to, (destination) => {
        const link = directoryLink(destination.sockets ?? '');
        return migrateDvm(source, destination, args.name, { link, signal });
      }),
    );
    const { downtimeMs = 0, totalMs = 0 } = moved;
    this.say(`${args.name} runs in ${flags.to} now; it stood still for ${downtimeMs} ms of ${totalMs}.`);
    return { ...moved, to: flags.to };
  }
}
