import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmMigrate extends LogosCommand {
  static override description = `move a running DVM to another host, with its memory and disks

It stands still for less than a second. The host is another instance on this
machine, or one on another: qemu+ssh://USER@HOST/system uses the keys of SSH;
qemu+tls://HOST/system certificates ('logos dvm certify'), with 'logos dvm
listen' there. Disks on shared storage stay where they are. One that can't be
moved goes on where it was.`;
  static override examples = [
    '<%= config.bin %> dvm migrate try --to /srv/other-logos',
    '<%= config.bin %> dvm migrate try --to qemu+ssh://root@b.example/system',
    '<%= config.bin %> dvm migrate try --to qemu+tls://b.example/system --json',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    to: Flags.string({ required: true, description: 'LOGOS_HOME, id or URI of the host that takes it' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmMigrate);
    const { migrateDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost, withOtherHost } = await import('../../service/dvm-host.ts');
    const { signal } = this.abort;
    const moved = await withDvmHost(this.home, (source) =>
      withOtherHost(flags.to, ({ host, link }) => migrateDvm(source, host, args.name, { link, signal })),
    );
    const { downtimeMs = 0, totalMs = 0 } = moved;
    this.say(`${args.name} runs in ${flags.to} now; it stood still for ${downtimeMs} ms of ${totalMs}.`);
    return { ...moved, to: flags.to };
  }
}
