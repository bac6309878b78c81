/** A Debian package that this program calls, and what for. */
export interface RequiredPackage {
  name: string;
  for: string;
  /** Other packages that serve as well when they are installed already. */
  alternatives?: readonly string[];
}

const ALWAYS: readonly RequiredPackage[] = [
  { name: 'qemu-system-x86', for: 'running guests' },
  { name: 'qemu-utils', for: "guests' disks" },
  { name: 'libvirt-daemon', for: 'managing guests' },
  { name: 'libvirt-daemon-driver-qemu', for: 'managing guests' },
  { name: 'bubblewrap', for: 'sandboxes of native tools' },
  { name: 'nftables', for: 'the firewall' },
  { name: 'fio', for: 'measuring the disk' },
  { name: 'busybox-static', for: "the guest's first file system" },
  { name: 'iproute2', for: 'network namespaces' },
];

/** Where systemd is the init, libvirt runs as its service, which this package holds; elsewhere we start libvirt ourselves. */
const SYSTEMD: readonly RequiredPackage[] = [
  { name: 'libvirt-daemon-system', for: 'libvirt as a service', alternatives: ['libvirt-daemon-common'] },
];

export function packagesFor(systemd: boolean): readonly RequiredPackage[] {
  return systemd ? [...ALWAYS, ...SYSTEMD] : ALWAYS;
}

/** The names alone. */
export function requiredPackages(systemd = false): string[] {
  return packagesFor(systemd).map((entry) => entry.name);
}
