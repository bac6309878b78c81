import { join } from 'node:path';
import type { KernelFiles } from '../kernel-files.ts';

/** A PCI device as sysfs shows it (Documentation/ABI/testing/sysfs-bus-pci). */
export interface PciDevice {
  /** Such as `0000:01:00.0`. */
  readonly address: string;
  /** Class code, such as `0x030000` for a display. */
  readonly class: string;
  readonly driver?: string;
  /** Which driver alone may have it; `(null)` when any may. */
  readonly override?: string;
  /** The screen that the firmware started on. */
  readonly isBootDisplay: boolean;
  /** Addresses that the IOMMU can't tell apart from it, itself among them; absent without an IOMMU. */
  readonly group?: readonly string[];
}

/** Looks at all devices. `sys` is where sysfs is. */
export async function readPci(sys: string, files: KernelFiles): Promise<PciDevice[]> {
  const devices = join(sys, 'bus/pci/devices');
  return Promise.all(
    (await files.names(devices)).map(async (address) => {
      const at = (name: string): string => join(devices, address, name);
      const group = await files.names(at('iommu_group/devices'));
      return {
        address,
        class: (await files.read(at('class'))) ?? '',
        driver: await files.link(at('driver')),
        override: await files.read(at('driver_override')),
        isBootDisplay: (await files.read(at('boot_vga'))) === '1',
        group: group.length === 0 ? undefined : group,
      };
    }),
  );
}

export function isDisplay(device: Pick<PciDevice, 'class'>): boolean {
  return device.class.startsWith('0x03');
}

/** Bridges hold a group together and are never given to a guest. */
export function isBridge(device: Pick<PciDevice, 'class'>): boolean {
  return device.class.startsWith('0x0604');
}

/** What rebinding writes, in order; `driver` absent means: whichever the kernel finds. */
export function rebind(
  sys: string,
  device: Pick<PciDevice, 'address' | 'driver'>,
  override: string | undefined,
): { path: string; value: string }[] {
  const { address, driver } = device;
  const unbind = { path: join(sys, 'bus/pci/drivers', driver ?? '', 'unbind'), value: address };
  return [
    // An empty line takes the override away.
    { path: join(sys, 'bus/pci/devices', address, 'driver_override'), value: override ?? '\n' },
    ...(driver === undefined ? [] : [unbind]),
    { path: join(sys, 'bus/pci/drivers_probe'), value: address },
  ];
}
