import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import type { Exec } from '../../system/exec.ts';
import { measureGpu } from '../gpu/benchmark.ts';
import type { MeasureGpu } from '../gpu/types.ts';
import { type DiskFigures, measureDisk } from './disk.ts';
import { type Figure, figureOf } from './figure.ts';
import { CPU_KERNEL, CPU_UNIT, kernelModule } from './kernel.ts';
import { measure } from './measure.ts';

/** Every figure of this machine; their names are the ones that resource classes use. */
export interface Benchmark extends DiskFigures {
  version: 1;
  /** The CPU kernel that was run (kernel.ts). */
  kernel: string;
  threads: number;
  /** One thread, Mround/s for each second of CPU time. */
  cpuSingle: Figure;
  /** The sum over all threads running together, each for a second of its own CPU time. */
  cpuAll: Figure;
  /** One thread copying arrays much larger than the caches: MB read plus MB written in a second of CPU time (as STREAM's Copy counts). */
  memoryBandwidth: Figure;
  /** Single-precision GFLOP/s of the fastest GPU; only where there is one. */
  gpu?: Figure;
  /** Wall time of the whole run. */
  ms: number;
}

export interface BenchmarkOptions {
  /** The disk under this directory is measured. */
  directory: string;
  signal?: AbortSignal;
  onProgress?: (text: string) => void;
  exec?: Exec;
  /** Measures the GPU, where there is one. Default: through OpenCL. */
  measureGpu?: MeasureGpu;
}

/**
 * When each part must have ended, wall milliseconds since the start of the run. A part that is done early leaves its time
 * to the later ones. The disk comes first, because without its windows there is no figure at all, while CPU and memory
 * have one, if an unstable one, however little CPU time is delivered.
 */
const ENDS = { disk: 10_000, cpuSingle: 16_000, cpuAll: 22_500, memory: 28_000, gpu: 29_500 } as const;

/**
 * Measures disk, CPU, memory and GPU, one after the other, in at most 30 s. CPU and memory are given for a second of CPU
 * time beside the share that was delivered, so that a busy machine neither changes its class nor passes as free.
 * Throws the signal's reason when aborted and `command-missing` without fio.
 */
export async function runBenchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { signal, onProgress = () => {} } = options;
  const start = performance.now();
  const threads = availableParallelism();
  const left = (part: keyof typeof ENDS): number => ENDS[part] - (performance.now() - start);
  const cpu = async (count: number, maxMs: number): Promise<Figure> =>
    figureOf(await measure({ threads: count, work: { kind: 'cpu', module: kernelModule() }, maxMs, signal }), {
      unit: CPU_UNIT,
      perCpuSecond: true,
    });
  onProgress('disk, direct I/O');
  const disk = await measureDisk(options.directory, { maxMs: left('disk'), exec: options.exec, signal });
  onProgress('CPU, one thread');
  const cpuSingle = await cpu(1, left('cpuSingle'));
  onProgress(`CPU, ${threads} threads`);
  const cpuAll = await cpu(threads, left('cpuAll'));
  onProgress('memory bandwidth');
  const memoryBandwidth = figureOf(
    await measure({
      threads: 1,
      work: { kind: 'copy', bytes: await copyBytes() },
      maxMs: left('memory'),
      maxWindows: 40,
      signal,
    }),
    { unit: 'MB/s', perCpuSecond: true },
  );
  const gpu = await (options.measureGpu ?? measureGpu)({ maxMs: left('gpu'), signal });
  const ms = Math.round(performance.now() - start);
  return { version: 1, kernel: CPU_KERNEL, threads, cpuSingle, cpuAll, memoryBandwidth, ...disk, gpu, ms };
}

const MIB = 2 ** 20;

/** Two arrays of this size: four times the last-level cache together (STREAM's rule), within an eighth of the free memory. */
async function copyBytes(): Promise<number> {
  const wanted = Math.max(64 * MIB, 2 * (await lastLevelCacheBytes()));
  return Math.max(8 * MIB, Math.floor(Math.min(wanted, 256 * MIB, freemem() / 8)));
}

async function lastLevelCacheBytes(): Promise<number> {
  for (const index of [3, 2]) {
    try {
      const text = await readFile(`/sys/devices/system/cpu/cpu0/cache/index${index}/size`, 'utf8');
      return Number.parseInt(text, 10) * (text.trim().endsWith('M') ? MIB : 1024);
    } catch {
      // Some virtual machines show no caches; the smallest array size is larger than most.
    }
  }
  return 0;
}
