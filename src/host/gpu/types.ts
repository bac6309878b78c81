import type { Figure } from '../benchmark/figure.ts';

/** A device that runs compute kernels. */
export interface GpuDevice {
  source: 'opencl' | 'rocm';
  name: string;
  vendor: string;
  /** An OpenCL driver may also offer the CPU as a device; that lends nothing new. */
  kind: 'gpu' | 'accelerator' | 'cpu' | 'other';
  memoryMiB: number | null;
  computeUnits: number | null;
}

export interface GpuProbe {
  devices: GpuDevice[];
  /** Why a way of looking found nothing: a missing library is the usual one. */
  notes: string[];
}

export type MeasureGpu = (options: { maxMs: number; signal?: AbortSignal }) => Promise<Figure | undefined>;

/** Devices that the path `gpu` can lend. */
export function lendableDevices(probe: GpuProbe): GpuDevice[] {
  return probe.devices.filter((device) => device.kind === 'gpu' || device.kind === 'accelerator');
}
