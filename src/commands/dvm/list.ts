import type { Dvm } from '../../hypervisor/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmList extends LogosCommand {
  static override description = 'list the DVMs of this host, those included that stand still or were stopped';
  static override examples = ['<%= config.bin %> dvm list', '<%= config.bin %> dvm list --json'];

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(DvmList);
    const { listHostDvms } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    const dvms = await withDvmHost(this.home, listHostDvms);
    for (const line of table(dvms)) this.say(line);
    return { dvms };
  }
}

function table(dvms: readonly Dvm[]): string[] {
  if (dvms.length === 0) return ['This host has no DVM.'];
  const rows = dvms.map((dvm) => [
    dvm.name,
    dvm.state,
    dvm.path,
    String(dvm.vcpus),
    `${dvm.memoryMiB} MiB`,
    `${dvm.cpuSeconds.toFixed(1)} s`,
  ]);
  const all = [['NAME', 'STATE', 'PATH', 'VCPUS', 'MEMORY', 'CPU TIME'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
