import { type Exec, localExec } from '../../system/exec.ts';
import { openClDevices } from './opencl.ts';
import { rocmDevices } from './rocm.ts';
import type { GpuProbe } from './types.ts';

/** Looks for compute devices through OpenCL (any vendor) and ROCm (AMD). Absence is an answer, never an error. */
export async function probeGpu(exec: Exec = localExec): Promise<GpuProbe> {
  const found = await Promise.all([openClDevices(), rocmDevices(exec)]);
  return {
    devices: found.flatMap((part) => part.devices),
    notes: found.flatMap((part) => part.note ?? []),
  };
}
