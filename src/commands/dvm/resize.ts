import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmResize extends LogosCommand {
  static override description = `change a DVM's processors, memory or disk

A disk grows while the DVM runs, and so do processors up to what it was started
with as --max-vcpus. Anything else is taken up at its next start, or at once
with --restart, which loses what is not on its disk.`;
  static override examples = [
    '<%= config.bin %> dvm resize try --disk 2048',
    '<%= config.bin %> dvm resize try --vcpus 2',
    '<%= config.bin %> dvm resize try --vcpus 2 --memory 512 --restart',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    vcpus: Flags.integer({ description: 'virtual processors', min: 1, max: 255 }),
    memory: Flags.integer({ description: 'memory in MiB', min: 64, max: 16_777_216 }),
    disk: Flags.integer({ description: 'MiB of its first disk; disks only grow', min: 1 }),
    restart: Flags.boolean({ description: 'it may be restarted for that' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmResize);
    const { resizeDvm } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    const { vcpus, memory: memoryMiB, disk: diskMiB, restart } = flags;
    const { signal } = this.abort;
    const change = { vcpus, memoryMiB, diskMiB, restart };
    const resized = await withDvmHost(this.home, (host) => resizeDvm(host, args.name, change, signal), { signal });
    const { definition: now, atNextStart } = resized;
    const disks = now.disks.map(({ sizeMiB }) => sizeMiB);
    this.say(`${now.name} has ${now.vcpus} vCPUs, ${now.memoryMiB} MiB, disks: ${disks.join(', ') || 'none'}.`);
    if (atNextStart.length > 0) {
      const what = atNextStart.map((one) => (one === 'vcpus' ? 'vCPUs' : 'memory')).join(' and ');
      this.say(`Its ${what}: from its next start on, or now with --restart.`);
    }
    return {
      atNextStart: [...atNextStart],
      name: now.name,
      vcpus: now.vcpus,
      memoryMiB: now.memoryMiB,
      diskMiB: disks,
    };
  }
}
