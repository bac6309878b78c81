import { release } from 'node:os';
import { type BenchRow, benchmarkGpu, firstResultMs } from '../../gpu/index.ts';
import { bootProbe, type GuestImage, probeKvm, type TemporaryLibvirtd } from '../../hypervisor/index.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Journal } from '../../system/journal.ts';
import type { ProvidePath } from '../classes/schema.ts';
import { probeGpu } from '../gpu/probe.ts';
import { lendableDevices } from '../gpu/types.ts';
import type { Inventory } from '../inventory/types.ts';
import { findPath } from '../path/find.ts';
import { type Accelerator, type PlatformFacts, type PlatformPath, platformPaths } from '../path/platform.ts';
import { type GuestFigures, measureGuest } from './guest.ts';
import type { WorkName } from './work.ts';

/** What the path `gpu` took and reached: jobs through a service of this host's beside the same jobs by the bare driver. */
export interface GpuFigures {
  readonly device: string;
  /** Whether that device is no GPU but stands in for one: the processor, as an OpenCL driver shows it. */
  readonly standIn: boolean;
  readonly firstResultMs: number;
  readonly jobs: readonly BenchRow[];
}

export interface PathResult {
  readonly path: ProvidePath;
  readonly accelerator: Accelerator;
  /** Whether this host can lend by it. */
  readonly works: boolean;
  /** Found by trying: why it works or does not. */
  readonly reason: string;
  readonly guest?: GuestFigures;
  readonly gpu?: GpuFigures;
}

export interface PathComparison {
  readonly version: 1;
  /** ISO 8601. */
  readonly at: string;
  readonly host: {
    readonly cpu: string;
    readonly threads: number;
    readonly memoryMiB: number;
    readonly os: string;
    readonly kernel: string;
    /** What this host is a guest of: its guests are then nested. */
    readonly guestOf: string | null;
  };
  readonly paths: readonly PathResult[];
}

/** How thoroughly it measures. */
export interface Effort {
  readonly boots: number;
  readonly rounds: number;
  /** Of one run of a work. */
  readonly seconds: number;
  readonly works?: readonly WorkName[];
  readonly gpuSizes: { readonly matmul: readonly number[]; readonly triad: readonly number[] };
}

export const USUAL_EFFORT: Effort = {
  boots: 3,
  rounds: 3,
  seconds: 1,
  gpuSizes: { matmul: [640, 1280, 2560], triad: [64, 256, 1024] },
};

export interface GuestMeans {
  readonly daemon: TemporaryLibvirtd;
  readonly image: GuestImage;
  readonly journal: Journal;
}

export interface CompareOptions {
  readonly inventory: Inventory;
  /** What guests are started with, or why there are none. */
  readonly guests: GuestMeans | { readonly lacking: string };
  readonly effort: Effort;
  readonly platform?: PlatformFacts;
  /** How this program is started. */
  readonly command?: readonly string[];
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Tries every path that this platform has and measures those that work, one after the other; one that does not work, or fails while it
 * is measured, is in the result with its reason. Throws only the signal's reason and programming errors.
 */
export async function comparePaths(options: CompareOptions): Promise<PathComparison> {
  const { inventory, platform = { platform: process.platform, arch: process.arch, release: release() } } = options;
  const paths: PathResult[] = [];
  for (const candidate of platformPaths(platform)) {
    options.signal?.throwIfAborted();
    paths.push(await resultOf(candidate, options));
  }
  const { cpu, memory, os, virtualization } = inventory;
  return {
    version: 1,
    at: new Date().toISOString(),
    host: {
      cpu: cpu.model,
      threads: cpu.threads,
      memoryMiB: memory.totalMiB,
      os: os.name,
      kernel: os.kernel,
      guestOf: virtualization.guestOf,
    },
    paths,
  };
}

async function resultOf(candidate: PlatformPath, options: CompareOptions): Promise<PathResult> {
  const { path, accelerator, ruledOut } = candidate;
  if (ruledOut !== undefined) return { path, accelerator, works: false, reason: ruledOut };
  const { onProgress = () => {}, guests } = options;
  if (path !== 'gpu' && 'lacking' in guests) {
    return { path, accelerator, works: false, reason: `not tried: ${guests.lacking}` };
  }
  onProgress(`${path}: trying`);
  const found = await tryPath(path, options);
  const result: PathResult = { path, accelerator, ...found };
  const report = (text: string): void => onProgress(`${path}: ${text}`);
  try {
    if (path === 'gpu') return { ...result, gpu: await gpuFigures(found.works, options, report) };
    if (!found.works || 'lacking' in guests) return result;
    const { effort, signal } = options;
    return {
      ...result,
      guest: await measureGuest({ ...guests, ...effort, path, signal, onProgress: report }),
    };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    const error = toLogosError(thrown);
    if (error.code === 'bug') throw thrown;
    return { ...result, reason: `${found.reason}; not measured: ${error.message}` };
  }
}

/** Asks the one that decides how to lend, with nothing but this path to choose. */
async function tryPath(path: ProvidePath, options: CompareOptions): Promise<{ works: boolean; reason: string }> {
  const { guests, signal } = options;
  const others = (['kvm', 'qemu', 'gpu'] as const).filter((other) => other !== path);
  const verdict = await findPath({
    probeKvm: async () => probeKvm(),
    bootThroughLibvirt: async (type, deadlineMs) => {
      if ('lacking' in guests) return { ok: false, ms: 0, error: guests.lacking };
      const { daemon, image } = guests;
      const { booted, ms, line, why } = await bootProbe(daemon.libvirt, { type, deadlineMs, image, signal });
      return { ok: booted, ms, line, error: why };
    },
    probeGpu: () => probeGpu(),
    // What class the machine would have decides what is lent, not what can be measured.
    classOn: () => 'any',
    ownerRefuses: others,
    signal,
  });
  if (verdict.path === path) {
    return { works: true, reason: verdict.device ? `it lends ${verdict.device.name}` : 'a stock kernel boots' };
  }
  return { works: false, reason: verdict.rejected.find((one) => one.path === path)?.reason ?? verdict.reason };
}

async function gpuFigures(
  works: boolean,
  { effort, command, signal }: CompareOptions,
  onProgress: (text: string) => void,
): Promise<GpuFigures | undefined> {
  const probe = await probeGpu();
  const device = lendableDevices(probe)[0] ?? probe.devices.find(({ source }) => source === 'opencl');
  if (!device) return undefined;
  onProgress(`first result of ${device.name}`);
  const ms = await firstResultMs(command);
  onProgress('jobs');
  const jobs = await benchmarkGpu({ rounds: effort.rounds, sizes: effort.gpuSizes, command, signal });
  return { device: device.name, standIn: !works, firstResultMs: ms, jobs };
}
