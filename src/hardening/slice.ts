import { type LentLimits, memoryBytes, quotaUs } from './cgroup.ts';
import type { HostPolicy } from './policy.ts';

/** The slice unit that holds the limits where systemd owns the cgroup tree: systemd.resource-control(5). All values are numbers. */
export function renderSlice(limits: LentLimits, policy: HostPolicy): string {
  const entries: readonly (readonly [string, string])[] = [
    ['CPUQuota', `${quotaUs(limits.cpuCores) / 1_000}%`],
    ['CPUWeight', `${policy.limits.cpuWeight}`],
    ['MemoryMax', `${memoryBytes(limits)}`],
    ['MemorySwapMax', '0'],
    ['TasksMax', `${policy.limits.pids}`],
    ['IOWeight', `${policy.limits.ioWeight}`],
  ];
  return [
    '# Written by logos from the host policy on chain; `logos harden restore` removes it.',
    '[Unit]',
    'Description=What this host lends to Logos',
    '',
    '[Slice]',
    ...entries.map(([name, value]) => `${name}=${value}`),
    '',
  ].join('\n');
}
