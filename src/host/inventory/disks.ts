import type { Disk } from './types.ts';

/** The fields of systeminformation's `blockDevices` and `fsSize` that are used; sizes in bytes. */
export interface BlockDevice {
  name: string;
  type: string;
  size: number;
  physical: string;
}
export interface FileSystem {
  fs: string;
  type: string;
  size: number;
  available: number;
  mount: string;
}

const MIB = 2 ** 20;

/** Disks with the file systems on them or on their partitions; empty and in-memory devices are left out. */
export function disksOf(blocks: readonly BlockDevice[], fileSystems: readonly FileSystem[]): Disk[] {
  return blocks
    .filter((block) => block.type === 'disk' && block.size > 0 && !/^(zram|ram)\d/.test(block.name))
    .map((block) => ({
      name: block.name,
      sizeMiB: Math.floor(block.size / MIB),
      rotational: block.physical === 'HDD' ? true : block.physical === 'SSD' ? false : null,
      mounts: fileSystems
        .filter((system) => isOn(system.fs, block.name))
        .map((system) => ({
          path: system.mount,
          type: system.type,
          sizeMiB: Math.floor(system.size / MIB),
          freeMiB: Math.floor(system.available / MIB),
        })),
    }));
}

/** /dev/sda itself, its partitions sda1, and nvme0n1p1 of nvme0n1. */
function isOn(device: string, disk: string): boolean {
  if (!device.startsWith(`/dev/${disk}`)) return false;
  return /^(p?\d+)?$/.test(device.slice(`/dev/${disk}`.length));
}
