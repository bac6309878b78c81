import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmSnapshot extends LogosCommand {
  static override description = `keep a DVM's memory and disk as they are now, or go back

Snapshots are in the DVM's disk. Without a name, those that there are.`;
  static override examples = [
    '<%= config.bin %> dvm snapshot try before-upgrade',
    '<%= config.bin %> dvm snapshot try',
    '<%= config.bin %> dvm snapshot try before-upgrade --revert',
    '<%= config.bin %> dvm snapshot try before-upgrade --delete',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'name of the DVM' }),
    snapshot: Args.string({ description: 'name of the snapshot' }),
  };
  static override flags = {
    revert: Flags.boolean({ description: 'go back to it', exclusive: ['delete'] }),
    delete: Flags.boolean({ description: 'delete it' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmSnapshot);
    const { name, snapshot } = args;
    const { deleteSnapshot, listSnapshots, revertDvm, takeSnapshot } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    if (snapshot === undefined) {
      const snapshots = await withDvmHost(this.home, (host) => listSnapshots(host, name));
      for (const one of snapshots.length > 0 ? snapshots : [`${name} has no snapshot.`]) this.say(one);
      return { name, snapshots };
    }
    const [act, done] = flags.revert
      ? [revertDvm, 'is as it was then']
      : flags.delete
        ? [deleteSnapshot, 'has that snapshot no more']
        : [takeSnapshot, 'can go back to this moment'];
    await withDvmHost(this.home, (host) => act(host, name, snapshot));
    this.say(`${name} ${done}: ${snapshot}.`);
    return { name, snapshot };
  }
}
