import { type Handle, listDevices, type OpenCl, openOpenCl } from '../../gpu/index.ts';
import { ExternalError } from '../../system/errors.ts';
import { type Figure, figureOf, MIN_WINDOWS, unmeasured, type Window } from '../benchmark/figure.ts';
import { gpuDevice } from './probe.ts';
import { lendableDevices } from './types.ts';

/** Each work item runs 16 independent chains of multiply-add, so that the device's pipelines are full. */
const SOURCE = `
__kernel void logos_mad(__global float *out, float seed, int rounds) {
  float16 x = (float16)(seed) + (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + (float)get_global_id(0);
  float16 a = (float16)(0.999f);
  for (int i = 0; i < rounds; i++) { x = mad(x, a, (float16)(0.5f)); x = mad(x, a, (float16)(0.25f)); }
  out[get_global_id(0)] = x.s0 + x.s1 + x.s2 + x.s3 + x.s4 + x.s5 + x.s6 + x.s7
    + x.s8 + x.s9 + x.sa + x.sb + x.sc + x.sd + x.se + x.sf;
}`;
/** Two vector multiply-adds a round, 16 lanes, two operations each. */
const FLOPS_A_ROUND = 2 * 16 * 2;
const UNIT = 'GFLOP/s';
const WINDOW_SECONDS = 0.05;
const MAX_WINDOWS = 30;

/**
 * Single-precision multiply-add rate of the first GPU that OpenCL shows, in windows of about 50 ms of wall time (a GPU
 * has no CPU seconds). `undefined` where there is none, or no OpenCL. `acceptCpu` lets a CPU driver stand in, for tests.
 */
export async function measureGpu(options: {
  maxMs: number;
  signal?: AbortSignal;
  acceptCpu?: boolean;
}): Promise<Figure | undefined> {
  let cl: OpenCl;
  try {
    cl = await openOpenCl();
  } catch {
    return undefined; // no OpenCL loader on this machine: the usual case without a GPU
  }
  const found = listDevices(cl).find(
    ({ device }) => options.acceptCpu || lendableDevices({ devices: [gpuDevice(device)], notes: [] }).length > 0,
  );
  if (found === undefined) return undefined;
  try {
    return figureOf(await run(cl, found.handle, options), { unit: UNIT, perCpuSecond: false });
  } catch (error) {
    if (error instanceof ExternalError) return unmeasured(UNIT, false, error.message);
    throw error;
  }
}

function check(status: number): void {
  if (status === 0) return;
  throw new ExternalError('gpu-failed', `OpenCL reported error ${status} (CL/cl.h).`, {
    status,
    nextSteps: ['Update the GPU driver, or refuse the path gpu in config.json.'],
  });
}

const ITEMS = 64 * 1024;
const WRITE_ONLY = 2n;

async function run(
  cl: OpenCl,
  device: Handle,
  { maxMs, signal }: { maxMs: number; signal?: AbortSignal },
): Promise<Window[]> {
  const deadline = performance.now() + maxMs;
  const error = new Int32Array(1);
  const release: (() => void)[] = [];
  const own = (handle: Handle, free: (handle: Handle) => void): Handle => {
    check(error[0] ?? 0);
    release.push(() => free(handle));
    return handle;
  };
  try {
    const devices = new BigUint64Array([BigInt(device)]);
    const context = own(cl.createContext(null, 1, devices, null, null, error), cl.releaseContext);
    const queue = own(cl.createQueue(context, device, 0n, error), cl.releaseQueue);
    const program = own(cl.createProgram(context, 1, [SOURCE], null, error), cl.releaseProgram);
    check(cl.buildProgram(program, 1, devices, '', null, null));
    const kernel = own(cl.createKernel(program, 'logos_mad', error), cl.releaseKernel);
    const buffer = own(cl.createBuffer(context, WRITE_ONLY, ITEMS * 4, null, error), cl.releaseBuffer);
    check(cl.setArgument(kernel, 0, 8, new BigUint64Array([BigInt(buffer)])));
    check(cl.setArgument(kernel, 1, 4, new Float32Array([0.5])));
    const once = async (rounds: number): Promise<Window> => {
      // Others get their turn between two windows: the calls below hold the thread.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      check(cl.setArgument(kernel, 2, 4, new Int32Array([rounds])));
      const before = performance.now();
      check(cl.enqueue(queue, kernel, 1, null, new BigUint64Array([BigInt(ITEMS)]), null, 0, null, null));
      check(cl.finish(queue));
      const wallSeconds = (performance.now() - before) / 1000;
      return { rate: (ITEMS * rounds * FLOPS_A_ROUND) / wallSeconds / 1e9, cpuSeconds: 0, wallSeconds };
    };
    let rounds = 16;
    let last = await once(rounds);
    while (last.wallSeconds < WINDOW_SECONDS && performance.now() < deadline) {
      rounds = Math.ceil(rounds * Math.min(8, (WINDOW_SECONDS / last.wallSeconds) * 1.1));
      last = await once(rounds);
    }
    const windows: Window[] = [];
    while (windows.length < MAX_WINDOWS && performance.now() < deadline) {
      windows.push(await once(rounds));
      if (windows.length >= MIN_WINDOWS && figureOf(windows, { unit: UNIT, perCpuSecond: false }).state === 'stable')
        break;
    }
    return windows;
  } finally {
    for (const free of release.reverse()) free();
  }
}
