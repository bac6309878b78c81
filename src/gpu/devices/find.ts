import { type Exec, localExec } from '../../system/exec.ts';
import { listDevices } from '../opencl/info.ts';
import { openOpenCl } from '../opencl/library.ts';
import { rocmDevices } from './rocm.ts';
import type { DeviceList } from './types.ts';

/** Looks for compute devices through OpenCL (any vendor) and ROCm (AMD). Absence is an answer, never an error. */
export async function findDevices(exec: Exec = localExec): Promise<DeviceList> {
  const found = await Promise.all([openClDevices(), rocmDevices(exec)]);
  return { devices: found.flatMap((part) => part.devices), notes: found.flatMap((part) => part.notes) };
}

async function openClDevices(): Promise<DeviceList> {
  try {
    const devices = listDevices(await openOpenCl()).map(({ device }) => device);
    return { devices, notes: devices.length === 0 ? ['OpenCL: no platform has a device'] : [] };
  } catch (error) {
    return { devices: [], notes: [`OpenCL: ${(error as Error).message}`] };
  }
}
