import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRocmInfo } from '../../../src/gpu/index.ts';
import { gpuDevice, probeGpu } from '../../../src/host/gpu/probe.ts';
import { readCgroupLimits } from '../../../src/host/inventory/cgroup-limits.ts';
import { inventoryDigest } from '../../../src/host/inventory/digest.ts';
import { disksOf } from '../../../src/host/inventory/disks.ts';
import { parseOsRelease } from '../../../src/host/inventory/os-release.ts';
import { meminfoMiB, takeInventory } from '../../../src/host/inventory/take.ts';
import { benchmarkOf, TYPICAL } from './figures.ts';

describe('takeInventory', () => {
  test('finds this machine, and is quick', async () => {
    const start = performance.now();
    const inventory = await takeInventory();
    // 3 s is promised; the rest is for a machine that is busy with other tests.
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(inventory.cpu.threads).toBe(cpus().length);
    expect(inventory.cpu.usable).toBeGreaterThan(0);
    expect(inventory.cpu.usable).toBeLessThanOrEqual(inventory.cpu.threads);
    expect(inventory.memory.totalMiB).toBe(Math.floor(totalmem() / 2 ** 20));
    expect(inventory.memory.usableMiB).toBeLessThanOrEqual(inventory.memory.totalMiB);
    expect(inventory.network.map((entry) => entry.name)).toContain('lo');
    expect(inventory.os.kernel).toMatch(/^\d+\.\d+/);
  });

  test('asks for compute devices only where it is told how', async () => {
    const device = { source: 'opencl', name: 'card', vendor: 'v', kind: 'gpu', memoryMiB: 8, computeUnits: 1 } as const;
    const { gpus } = await takeInventory({ probeGpu: async () => ({ devices: [device], notes: [] }) });
    expect(gpus).toContainEqual({ source: 'opencl', vendor: 'v', model: 'card', memoryMiB: 8 });
  });

  test('its digest tells inventories apart, whatever the order of their keys', async () => {
    const inventory = await takeInventory();
    const benchmark = benchmarkOf(TYPICAL);
    const digest = inventoryDigest(inventory, benchmark);
    const reordered = Object.fromEntries(Object.entries(inventory).reverse()) as unknown as typeof inventory;
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(inventoryDigest(reordered, { ...benchmark, gpu: benchmark.gpu })).toBe(digest);
    expect(inventoryDigest(inventory, { ...benchmark, threads: 3 })).not.toBe(digest);
  });
});

describe('control group limits', () => {
  let root: string;
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'logos-cgroup-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('v2: the tightest on the way to the root', async () => {
    await put('proc/self/cgroup', '0::/a/b\n');
    await put('sys/fs/cgroup/a/cpu.max', '150000 100000\n');
    await put('sys/fs/cgroup/a/b/cpu.max', 'max 100000\n');
    await put('sys/fs/cgroup/a/memory.max', 'max\n');
    await put('sys/fs/cgroup/a/b/memory.max', '1073741824\n');
    expect(await readCgroupLimits(root)).toEqual({ cpus: 1.5, memoryMiB: 1024 });
  });

  test('v1: quota and limit, where no limit is a very large number', async () => {
    await put('proc/self/cgroup', '4:memory:/m\n1:cpu,cpuacct:/c\n0::/\n');
    await put('sys/fs/cgroup/cpu/c/cpu.cfs_quota_us', '50000\n');
    await put('sys/fs/cgroup/cpu/c/cpu.cfs_period_us', '100000\n');
    await put('sys/fs/cgroup/memory/m/memory.limit_in_bytes', '9223372036854771712\n');
    expect(await readCgroupLimits(root)).toEqual({ cpus: 0.5, memoryMiB: null });
  });

  test('none', async () => {
    expect(await readCgroupLimits(root)).toEqual({ cpus: null, memoryMiB: null });
  });
});

describe('what the system says', () => {
  test('disks own the file systems on their partitions, and only those', () => {
    const system = (fs: string, mount: string) => ({ fs, mount, type: 'ext4', size: 2 ** 30, available: 2 ** 29 });
    const block = (name: string, physical: string, size = 2 ** 40) => ({ name, type: 'disk', size, physical });
    const disks = disksOf(
      [block('nvme0n1', 'SSD'), block('sda', 'HDD'), block('zram0', 'SSD', 0), { ...block('sda1', ''), type: 'part' }],
      [
        system('/dev/nvme0n1p2', '/'),
        system('/dev/sda1', '/data'),
        system('/dev/sdaa1', '/other'),
        system('tmpfs', '/tmp'),
      ],
    );
    expect(disks).toEqual([
      {
        name: 'nvme0n1',
        sizeMiB: 2 ** 20,
        rotational: false,
        mounts: [{ path: '/', type: 'ext4', sizeMiB: 1024, freeMiB: 512 }],
      },
      {
        name: 'sda',
        sizeMiB: 2 ** 20,
        rotational: true,
        mounts: [{ path: '/data', type: 'ext4', sizeMiB: 1024, freeMiB: 512 }],
      },
    ]);
  });

  test('os-release and meminfo', () => {
    expect(parseOsRelease('ID=debian\nVERSION_ID="13"\nPRETTY_NAME=\'Debian "trixie"\'\n# x\n')).toEqual({
      id: 'debian',
      version: '13',
      name: 'Debian "trixie"',
      like: [],
    });
    expect(meminfoMiB('MemTotal:       24684092 kB\n', 'MemTotal')).toBe(24105);
    expect(meminfoMiB('', 'MemTotal')).toBe(0);
  });
});

describe('GPUs', () => {
  test('rocminfo lists CPUs among its agents, which do not count', () => {
    const text = readFileSync(join(import.meta.dirname, 'fixtures/rocminfo.txt'), 'utf8');
    expect(parseRocmInfo(text).map(gpuDevice)).toEqual([
      {
        source: 'rocm',
        name: 'AMD Radeon RX 6800',
        vendor: 'AMD',
        kind: 'gpu',
        memoryMiB: 16368,
        computeUnits: 60,
      },
    ]);
    expect(parseRocmInfo('ROCk module is NOT loaded, possibly no GPU devices\n')).toEqual([]);
  });

  test('a machine without OpenCL or ROCm has none, and is told why', async () => {
    const probe = await probeGpu(async () => {
      const { localExec } = await import('../../../src/system/exec.ts');
      return localExec('/nonexistent/rocminfo', []);
    });
    expect(probe.notes).toContain('ROCm: The program /nonexistent/rocminfo is not installed.');
  });
});
