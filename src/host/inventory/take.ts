import { readFile } from 'node:fs/promises';
import { availableParallelism, machine, release } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { isThere, readIfPresent } from '../../system/files.ts';
import type { GpuProbe } from '../gpu/types.ts';
import { readCgroupLimits } from './cgroup-limits.ts';
import { type BlockDevice, disksOf, type FileSystem } from './disks.ts';
import { parseOsRelease } from './os-release.ts';
import type { Gpu, Inventory, NetworkInterface } from './types.ts';

export interface InventoryOptions {
  /** Finds devices that compute (OpenCL, ROCm) beside the display controllers. */
  probeGpu?: () => Promise<GpuProbe>;
  signal?: AbortSignal;
}

/**
 * What this machine is: systeminformation, and from the kernel itself what that misses (cgroup limits, usable threads,
 * memory in MiB, what this machine is a guest of). Takes well under 3 s; changes nothing. Throws UserError
 * `system-unsupported` off Linux, and the signal's reason when aborted.
 */
export async function takeInventory(options: InventoryOptions = {}): Promise<Inventory> {
  options.signal?.throwIfAborted();
  if (process.platform !== 'linux') {
    throw new UserError('system-unsupported', `This system (${process.platform}) is not Linux.`, {
      nextSteps: ['Run logos on Debian 12 or 13.'],
    });
  }
  const si = await import('systeminformation');
  const [cpu, graphics, blocks, fileSystems, interfaces, os, limits, memory, cpuinfo, devices] = await Promise.all([
    si.cpu(),
    si.graphics(),
    si.blockDevices(),
    si.fsSize(),
    si.networkInterfaces(),
    readFile('/etc/os-release', 'utf8').catch(() => ''),
    readCgroupLimits(),
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/cpuinfo', 'utf8'),
    options.probeGpu?.(),
  ]);
  options.signal?.throwIfAborted();
  const { id, version, name } = parseOsRelease(os);
  const totalMiB = meminfoMiB(memory, 'MemTotal');
  const usable = Math.min(availableParallelism(), limits.cpus ?? Number.POSITIVE_INFINITY);
  return {
    version: 1,
    os: { id, version, name, kernel: release(), architecture: machine() },
    cpu: {
      vendor: cpuField(cpuinfo, 'vendor_id') ?? cpu.manufacturer,
      model: cpuField(cpuinfo, 'model name') ?? cpu.brand,
      cores: cpu.physicalCores,
      threads: cpu.cores,
      usable: Number(usable.toFixed(2)),
      lastLevelCacheKiB: Number(cpu.cache?.l3) > 0 ? Math.round(Number(cpu.cache.l3) / 1024) : null,
    },
    memory: {
      totalMiB,
      availableMiB: meminfoMiB(memory, 'MemAvailable'),
      swapMiB: meminfoMiB(memory, 'SwapTotal'),
      usableMiB: Math.min(totalMiB, limits.memoryMiB ?? totalMiB),
    },
    virtualization: await virtualization(cpuinfo),
    gpus: [...graphics.controllers.map(pciGpu), ...(devices?.devices ?? []).map(computeGpu)],
    disks: disksOf(blocks as BlockDevice[], fileSystems as FileSystem[]),
    network: (Array.isArray(interfaces) ? interfaces : [interfaces]).map(networkInterface),
  };
}

/** proc_meminfo(5) counts in KiB. */
export function meminfoMiB(text: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  return Math.floor(Number(found?.[1] ?? 0) / 1024);
}

function cpuField(cpuinfo: string, field: string): string | undefined {
  return new RegExp(`^${field}\\s*:\\s*(.+)$`, 'm').exec(cpuinfo)?.[1]?.trim();
}

const HYPERVISORS = ['qemu-system-x86_64', 'libvirtd', 'virtqemud', 'xl', 'VBoxManage', 'vmrun'] as const;

async function virtualization(cpuinfo: string): Promise<Inventory['virtualization']> {
  const flags = new Set((cpuField(cpuinfo, 'flags') ?? '').split(' '));
  const extension = flags.has('svm') ? 'svm' : flags.has('vmx') ? 'vmx' : null;
  const present = await Promise.all(HYPERVISORS.map(async (name) => ((await isInstalled(name)) ? [name] : [])));
  return {
    extension,
    guestOf: await guestOf(flags),
    kvmDevice: await isThere('/dev/kvm'),
    installed: present.flat(),
  };
}

/** A guest shows CPUID's hypervisor bit; who the host is, firmware or Xen's directory may say. */
async function guestOf(flags: ReadonlySet<string>): Promise<string | null> {
  if (!flags.has('hypervisor')) return null;
  const names = await Promise.all(
    ['/sys/hypervisor/type', '/sys/class/dmi/id/product_name', '/sys/class/dmi/id/sys_vendor'].map(readIfPresent),
  );
  return names.find((name) => name?.trim())?.trim() ?? 'unnamed hypervisor';
}

async function isInstalled(program: string): Promise<boolean> {
  const directories = new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'].filter(Boolean));
  return (await Promise.all([...directories].map((directory) => isThere(join(directory, program))))).includes(true);
}

function pciGpu(controller: { vendor?: string; model?: string; vram?: number | null }): Gpu {
  return {
    source: 'pci',
    vendor: controller.vendor ?? '',
    model: controller.model ?? '',
    memoryMiB: controller.vram ? Math.round(controller.vram) : null,
  };
}

function computeGpu(device: GpuProbe['devices'][number]): Gpu {
  return { source: device.source, vendor: device.vendor, model: device.name, memoryMiB: device.memoryMiB };
}

function networkInterface(entry: {
  iface: string;
  mac: string;
  speed: number | null;
  mtu: number | null;
  operstate: string;
  default: boolean;
  ip4: string;
  ip6: string;
}): NetworkInterface {
  return {
    name: entry.iface,
    mac: entry.mac,
    speed: entry.speed !== null && entry.speed > 0 ? entry.speed : null,
    mtu: entry.mtu ?? 0,
    up: entry.operstate === 'up' || entry.iface === 'lo',
    default: entry.default,
    addresses: [entry.ip4, entry.ip6].filter((address) => Boolean(address)),
  };
}
