import { type ComputeDevice, findDevices } from '../../gpu/index.ts';
import { type Exec, localExec } from '../../system/exec.ts';
import type { GpuDevice, GpuProbe } from './types.ts';

/** Looks for compute devices through OpenCL (any vendor) and ROCm (AMD). Absence is an answer, never an error. */
export async function probeGpu(exec: Exec = localExec): Promise<GpuProbe> {
  const { devices, notes } = await findDevices(exec);
  return { devices: devices.map(gpuDevice), notes: [...notes] };
}

/** A device as the inventory keeps it. */
export function gpuDevice({ api, name, vendor, kind, memoryBytes, computeUnits }: ComputeDevice): GpuDevice {
  const memoryMiB = memoryBytes === null ? null : Math.floor(memoryBytes / 2 ** 20);
  return { source: api, name, vendor, kind, memoryMiB, computeUnits };
}
