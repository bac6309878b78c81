import type { ComputeDevice } from '../devices/types.ts';
import type { Handle, OpenCl } from './library.ts';

/** What to ask of platforms and devices, by the numbers of CL/cl.h. */
const PLATFORM_NAME = 0x0902;
const ALL_DEVICES = 0xffff_ffffn;
const DEVICE = {
  type: 0x1000,
  computeUnits: 0x1002,
  workItemSizes: 0x1005,
  workGroupSize: 0x1004,
  clockMHz: 0x100c,
  maxAllocation: 0x1010,
  globalMemory: 0x101f,
  localMemory: 0x1023,
  name: 0x102b,
  vendor: 0x102c,
  driver: 0x102d,
  version: 0x102f,
  languageVersion: 0x103d,
  intermediate: 0x105b,
} as const;
const TYPE_CPU = 2n;
const TYPE_GPU = 4n;
const TYPE_ACCELERATOR = 8n;

/** A device and what it says of itself. */
export interface FoundDevice {
  readonly handle: Handle;
  readonly device: ComputeDevice;
}

/** All devices of all platforms, in the loader's order. */
export function listDevices(cl: OpenCl): FoundDevice[] {
  return handles((n, out, count) => cl.getPlatforms(n, out, count)).flatMap((platform) => {
    const name = textOf((size, value, used) => cl.getPlatformInfo(platform, PLATFORM_NAME, size, value, used));
    return handles((n, out, count) => cl.getDevices(platform, ALL_DEVICES, n, out, count)).map((handle) => ({
      handle,
      device: describe(cl, handle, name),
    }));
  });
}

/** The two-step form of every OpenCL list: how many, then which. */
function handles(call: (n: number, out: BigUint64Array | null, count: Uint32Array) => number): Handle[] {
  const count = new Uint32Array(1);
  if (call(0, null, count) !== 0 || !count[0]) return [];
  const out = new BigUint64Array(count[0]);
  return call(out.length, out, count) === 0 ? [...out] : [];
}

function describe(cl: OpenCl, handle: Handle, platform: string): ComputeDevice {
  const ask = (name: number) => (size: number, value: Buffer, used: BigUint64Array) =>
    cl.getDeviceInfo(handle, name, size, value, used) as number;
  const text = (name: number) => textOf(ask(name));
  const number = (name: number) => Number(infoOf(ask(name)).readBigUInt64LE()) || null;
  const sizes = infoOf(ask(DEVICE.workItemSizes));
  return {
    name: text(DEVICE.name),
    platform,
    api: 'opencl',
    memoryBytes: number(DEVICE.globalMemory),
    computeUnits: infoOf(ask(DEVICE.computeUnits)).readUInt32LE() || null,
    vendor: text(DEVICE.vendor),
    kind: kindOf(infoOf(ask(DEVICE.type)).readBigUInt64LE()),
    version: text(DEVICE.version) || null,
    driver: text(DEVICE.driver) || null,
    languageVersion: text(DEVICE.languageVersion) || null,
    intermediate: text(DEVICE.intermediate).split(' ').filter(Boolean),
    clockMHz: infoOf(ask(DEVICE.clockMHz)).readUInt32LE() || null,
    limits: {
      allocationBytes: number(DEVICE.maxAllocation),
      localMemoryBytes: number(DEVICE.localMemory),
      workGroupSize: number(DEVICE.workGroupSize),
      workItemSizes: [0, 8, 16].map((at) => (sizes.length < at + 8 ? 1 : Number(sizes.readBigUInt64LE(at)))),
    },
  };
}

function kindOf(type: bigint): ComputeDevice['kind'] {
  if (type & TYPE_GPU) return 'gpu';
  if (type & TYPE_ACCELERATOR) return 'accelerator';
  return type & TYPE_CPU ? 'cpu' : 'other';
}

/** A value that a query gives, at most 1 KiB of it; eight zeros where it gives none. */
export function infoOf(query: (size: number, value: Buffer, used: BigUint64Array) => number): Buffer {
  const value = Buffer.alloc(1_024);
  const used = new BigUint64Array(1);
  if (query(value.length, value, used) !== 0) return Buffer.alloc(8);
  return value.subarray(0, Math.max(8, Number(used[0])));
}

function textOf(query: (size: number, value: Buffer, used: BigUint64Array) => number): string {
  return infoOf(query).toString('utf8').replace(/\0.*$/s, '').trim();
}
