import type { Figure } from '../../../src/host/benchmark/figure.ts';
import type { Benchmark } from '../../../src/host/benchmark/run.ts';

/** A figure with this score, stable unless a lower quartile is given. */
export function figure(score: number, low?: number): Figure {
  return {
    score,
    unit: 'x',
    perCpuSecond: true,
    share: 1,
    windows: 20,
    dispersion: low === undefined ? 0.01 : 0.2,
    low: low ?? score,
    state: low === undefined ? 'stable' : 'unstable',
    ...(low === undefined ? {} : { why: 'it varies' }),
  };
}

export interface Scores {
  cpuSingle: number;
  cpuAll: number;
  memoryBandwidth: number;
  diskWrite: number;
  diskRead: number;
  diskRandom: number;
  gpu: number;
  ramMiB: number;
}

/** Roughly the machine that this was written on. */
export const TYPICAL: Scores = {
  cpuSingle: 200,
  cpuAll: 400,
  memoryBandwidth: 28_000,
  diskWrite: 2_000,
  diskRead: 1_000,
  diskRandom: 30_000,
  gpu: 0,
  ramMiB: 24_105,
};

export function benchmarkOf(scores: Scores): Benchmark {
  return {
    version: 1,
    kernel: 'logos-mix-1',
    threads: 2,
    cpuSingle: figure(scores.cpuSingle),
    cpuAll: figure(scores.cpuAll),
    memoryBandwidth: figure(scores.memoryBandwidth),
    diskWrite: figure(scores.diskWrite),
    diskRead: figure(scores.diskRead),
    diskRandom: figure(scores.diskRandom),
    gpu: figure(scores.gpu),
    ms: 1,
  };
}

export function memoryOf(scores: Scores) {
  return {
    memory: { totalMiB: scores.ramMiB, availableMiB: scores.ramMiB, swapMiB: 0, usableMiB: scores.ramMiB },
  };
}
