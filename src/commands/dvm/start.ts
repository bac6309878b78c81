import { Args, Flags } from '@oclif/core';
import type { ComputePath } from '../../hypervisor/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmStart extends LogosCommand {
  static override description = `start a DVM of your own from the small guest image

It is for trying this machine out: where a host lends, the region starts its
DVMs, and this command is refused. One that was stopped and has a disk is
started with it again.`;
  static override examples = [
    '<%= config.bin %> dvm start try',
    '<%= config.bin %> dvm start try --vcpus 2 --memory 512 --path qemu --json',
    '<%= config.bin %> dvm start try --disk 1024',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    vcpus: Flags.integer({ description: 'virtual processors', default: 1, min: 1, max: 255 }),
    'max-vcpus': Flags.integer({ description: 'to how many it can grow while it runs', min: 1, max: 255 }),
    memory: Flags.integer({ description: 'memory in MiB', default: 128, min: 64, max: 16_777_216 }),
    disk: Flags.integer({ description: 'MiB of a disk of its own', multiple: true, min: 1, max: 1_073_741_824 }),
    shared: Flags.string({ description: 'directory for its disks that other hosts have too' }),
    path: Flags.option({
      options: ['kvm', 'qemu'] as const,
      description: 'with the processor’s help, or emulated; default: as found by provide, else qemu',
    })(),
    deadline: Flags.integer({ description: 'seconds until it must be up', default: 120, min: 1, max: 3600 }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmStart);
    const { startLocalDvm } = await import('../../service/dvm-start.ts');
    const { dvm, line, bootMs } = await startLocalDvm({
      home: this.home,
      name: args.name,
      vcpus: flags.vcpus,
      maxVcpus: flags['max-vcpus'],
      memoryMiB: flags.memory,
      diskMiB: flags.disk,
      sharedDirectory: flags.shared,
      path: flags.path as ComputePath | undefined,
      deadlineMs: flags.deadline * 1_000,
      progress: this.progress,
      signal: this.abort.signal,
    });
    this.say(`${dvm.name} is up on path ${dvm.path} after ${(bootMs / 1_000).toFixed(1)} s: ${line}`);
    this.say(`Its console: logos dvm console ${dvm.name}`);
    return { dvm: { ...dvm }, line, bootMs: Math.round(bootMs) };
  }
}
