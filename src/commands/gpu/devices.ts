import type { ComputeDevice } from '../../gpu/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GpuDevices extends LogosCommand {
  static override description = `list the devices that can run compute kernels

Through OpenCL (any vendor's driver) and ROCm (rocminfo). A machine without any
has an empty list, and is told what was looked for.`;
  static override examples = [
    '<%= config.bin %> gpu devices',
    "<%= config.bin %> gpu devices --json | jq '.devices[].name'",
  ];

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(GpuDevices);
    const { findDevices } = await import('../../gpu/index.ts');
    const { devices, notes } = await findDevices();
    for (const [index, device] of devices.entries()) for (const line of describe(device, index)) this.say(line);
    if (devices.length === 0) {
      this.say('No compute device was found.');
      for (const note of notes) this.say(`  ${note}`);
      this.say("Install the OpenCL driver of the device's vendor and its loader (Debian:");
      this.say('ocl-icd-libopencl1); pocl-opencl-icd makes a device of the processor.');
    }
    return { devices: devices.map((device) => ({ ...device })), notes: [...notes] };
  }
}

function describe(device: ComputeDevice, index: number): string[] {
  const { name, platform, api, kind, computeUnits, memoryBytes, version, driver, limits } = device;
  const { workGroupSize, localMemoryBytes, allocationBytes } = limits;
  return [
    `${index}  ${name}  (${kind}, ${api}, ${platform})`,
    `   ${computeUnits ?? '?'} compute units, ${mib(memoryBytes)}, at most ${mib(allocationBytes)} a buffer`,
    `   ${version ?? 'version unknown'}; driver ${driver ?? 'unknown'}`,
    `   work groups of ${workGroupSize ?? '?'}, ${mib(localMemoryBytes)} of local memory each`,
  ];
}

function mib(bytes: number | null): string {
  if (bytes === null) return '?';
  return bytes < 2 ** 20 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
}
