/** What this machine is, as far as a region needs to know it. Sizes are in MiB. */
export interface Inventory {
  version: 1;
  os: { id: string; version: string; name: string; kernel: string; architecture: string };
  cpu: {
    vendor: string;
    model: string;
    /** Physical cores. */
    cores: number;
    /** Hardware threads that are on line. */
    threads: number;
    /** Threads' worth of time that this process may use: affinity and cgroup quota considered; may be a fraction. */
    usable: number;
    lastLevelCacheKiB: number | null;
  };
  memory: {
    totalMiB: number;
    availableMiB: number;
    swapMiB: number;
    /** Total memory, or this process's cgroup limit where that is lower. */
    usableMiB: number;
  };
  virtualization: {
    /** The processor's extension, if the kernel shows it. */
    extension: 'svm' | 'vmx' | null;
    /** Whether this machine is itself a guest, and of what. */
    guestOf: string | null;
    /** Whether the device file of KVM is there; that proves nothing (see `findPath`). */
    kvmDevice: boolean;
    /** Hypervisors installed here, by name. */
    installed: string[];
  };
  gpus: Gpu[];
  disks: Disk[];
  network: NetworkInterface[];
}

export interface Gpu {
  /** How it was found. */
  source: 'pci' | 'opencl' | 'rocm';
  vendor: string;
  model: string;
  memoryMiB: number | null;
}

export interface Disk {
  name: string;
  sizeMiB: number;
  rotational: boolean | null;
  /** Free space of each mounted file system on it. */
  mounts: { path: string; type: string; sizeMiB: number; freeMiB: number }[];
}

export interface NetworkInterface {
  name: string;
  mac: string;
  /** Mbit/s as the driver says, where it does. */
  speed: number | null;
  mtu: number;
  up: boolean;
  default: boolean;
  addresses: string[];
}
