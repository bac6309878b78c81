import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmCollect extends LogosCommand {
  static override description = `put the DVMs of this host in order after something broke off

Those that should run are started or let go on; others, and disks and sockets
of nobody, are removed. What is in order stays as it is.`;
  static override examples = [
    '<%= config.bin %> dvm collect',
    '<%= config.bin %> dvm collect --peer /srv/other-logos --json',
    '<%= config.bin %> dvm collect --peer qemu+ssh://root@b.example/system',
  ];
  static override flags = {
    peer: Flags.string({ description: 'LOGOS_HOME, id or URI of the other side of a migration' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(DvmCollect);
    const { collectDvms } = await import('../../hypervisor/index.ts');
    const { withDvmHost, withOtherHost } = await import('../../service/dvm-host.ts');
    const { signal } = this.abort;
    const collected = await withDvmHost(this.home, async (host) => {
      if (flags.peer === undefined) return collectDvms(host, { signal });
      return withOtherHost(flags.peer, ({ host: other }) =>
        collectDvms(host, { signal, peer: async (id) => (id === other.id ? other : undefined) }),
      );
    });
    for (const { name, did, why } of collected) this.say(`${name}: ${did}${why ? ` (${why})` : ''}`);
    if (collected.length === 0) this.say('Everything is in order.');
    return { collected };
  }
}
