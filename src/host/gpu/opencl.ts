import { loadKoffi } from '../../system/native.ts';
import type { GpuDevice } from './types.ts';

/** Numbers of the OpenCL API (Khronos, CL/cl.h). */
const CL = {
  success: 0,
  deviceNotFound: -1,
  allDevices: 0xffff_ffffn,
  deviceType: 0x1000,
  maxComputeUnits: 0x1002,
  globalMemory: 0x101f,
  name: 0x102b,
  vendor: 0x102c,
  typeCpu: 2n,
  typeGpu: 4n,
  typeAccelerator: 8n,
} as const;

const LIBRARY = 'libOpenCL.so.1';

export type OpenClLibrary = Awaited<ReturnType<typeof openOpenCl>>;
/** An OpenCL handle (cl_device_id …): a pointer that only the library reads; koffi gives small ones as numbers. */
export type Handle = bigint | number;

/** Binds the installed OpenCL loader. Throws what dlopen says when there is none. */
export async function openOpenCl() {
  const koffi = await loadKoffi();
  const library = koffi.load(LIBRARY);
  return {
    koffi,
    library,
    getPlatforms: library.func('int clGetPlatformIDs(uint32_t n, _Out_ uintptr_t *platforms, _Out_ uint32_t *count)'),
    getDevices: library.func(
      'int clGetDeviceIDs(uintptr_t platform, uint64_t type, uint32_t n, _Out_ uintptr_t *devices, _Out_ uint32_t *count)',
    ),
    getDeviceInfo: library.func(
      'int clGetDeviceInfo(uintptr_t device, uint32_t name, size_t size, _Out_ uint8_t *value, _Out_ size_t *used)',
    ),
  };
}

/** All devices of all OpenCL platforms; a machine without OpenCL has none, and the note says why. */
export async function openClDevices(): Promise<{ devices: GpuDevice[]; note?: string }> {
  try {
    const cl = await openOpenCl();
    const devices = listHandles(cl).map((handle) => describe(cl, handle));
    return devices.length === 0 ? { devices, note: 'OpenCL: no platform has a device' } : { devices };
  } catch (error) {
    return { devices: [], note: `OpenCL: ${(error as Error).message}` };
  }
}

export function listHandles(cl: OpenClLibrary): Handle[] {
  return handles((n, out, count) => cl.getPlatforms(n, out, count)).flatMap((platform) =>
    handles((n, out, count) => cl.getDevices(platform, CL.allDevices, n, out, count)),
  );
}

/** The two-step form of every OpenCL list: how many, then which. */
function handles(call: (n: number, out: BigUint64Array | null, count: Uint32Array) => number): Handle[] {
  const count = new Uint32Array(1);
  if (call(0, null, count) !== CL.success || !count[0]) return [];
  const out = new BigUint64Array(count[0]);
  return call(out.length, out, count) === CL.success ? [...out] : [];
}

export function describe(cl: OpenClLibrary, device: Handle): GpuDevice {
  const info = (name: number): Buffer => {
    const value = Buffer.alloc(256);
    const used = new BigUint64Array(1);
    if (cl.getDeviceInfo(device, name, value.length, value, used) !== CL.success) return Buffer.alloc(8);
    return value.subarray(0, Math.max(8, Number(used[0])));
  };
  const text = (name: number): string => info(name).toString('utf8').replace(/\0.*$/s, '').trim();
  return {
    source: 'opencl',
    name: text(CL.name),
    vendor: text(CL.vendor),
    kind: kindOf(info(CL.deviceType).readBigUInt64LE()),
    memoryMiB: Number(info(CL.globalMemory).readBigUInt64LE() / 2n ** 20n) || null,
    computeUnits: info(CL.maxComputeUnits).readUInt32LE() || null,
  };
}

function kindOf(type: bigint): GpuDevice['kind'] {
  if (type & CL.typeGpu) return 'gpu';
  if (type & CL.typeAccelerator) return 'accelerator';
  return type & CL.typeCpu ? 'cpu' : 'other';
}
