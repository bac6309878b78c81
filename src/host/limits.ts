import type { Inventory } from './inventory/types.ts';

/** What the owner decided, as shares of the whole machine (0 to 1); what is left out has a default, a half. */
export interface LendingConfig {
  lend?: {
    cpuShare?: number;
    memoryShare?: number;
    /** Of the free space under LOGOS_HOME. */
    diskShare?: number;
  };
}

interface Amounts {
  /** Threads' worth of CPU time; may be a fraction. */
  cpuCores: number;
  memoryMiB: number;
  diskMiB: number;
}

/** What is lent and what stays with the owner; both together are what this process may use. */
export interface OwnerLimits extends Amounts {
  /** Lent CPU ÷ usable CPU, 0 to 1. */
  cpuShare: number;
  kept: Amounts;
  /** Why less is lent than the owner offered. */
  notes: string[];
}

/** Whatever the owner offers, this much stays: a desktop that can be used, and room to stop the service in. */
export const ALWAYS_KEPT = { cpuCores: 1, memoryMiB: 2048, diskMiB: 2048 } as const;
const DEFAULT_SHARE = 0.5;

/** Divides the machine between the region and its owner. Pure and total; a machine too small to share lends 0 and says so. */
export function ownerLimits(
  inventory: { cpu: Pick<Inventory['cpu'], 'usable'>; memory: Pick<Inventory['memory'], 'usableMiB'> },
  config: LendingConfig = {},
  freeDiskMiB = 0,
): OwnerLimits {
  const notes: string[] = [];
  const lend = (what: keyof Amounts, has: number, share: number, unit: string, grain: number): number => {
    const offered = has * Math.min(1, Math.max(0, share));
    const most = Math.max(0, has - ALWAYS_KEPT[what]);
    if (offered > most) notes.push(`at least ${ALWAYS_KEPT[what]} ${unit} stay with the owner`);
    return Math.floor(Math.min(offered, most) / grain) * grain;
  };
  const usable = inventory.cpu.usable;
  // Half a thread is the finest grain that a guest's one vCPU is of use with.
  const cpuCores = lend('cpuCores', usable, config.lend?.cpuShare ?? DEFAULT_SHARE, 'CPU thread', 0.5);
  const memoryMiB = lend(
    'memoryMiB',
    inventory.memory.usableMiB,
    config.lend?.memoryShare ?? DEFAULT_SHARE,
    'MiB of memory',
    1,
  );
  const diskMiB = lend('diskMiB', freeDiskMiB, config.lend?.diskShare ?? DEFAULT_SHARE, 'MiB of disk', 1);
  return {
    cpuShare: usable > 0 ? cpuCores / usable : 0,
    cpuCores,
    memoryMiB,
    diskMiB,
    kept: {
      cpuCores: usable - cpuCores,
      memoryMiB: inventory.memory.usableMiB - memoryMiB,
      diskMiB: freeDiskMiB - diskMiB,
    },
    notes,
  };
}
