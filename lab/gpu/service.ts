import { join } from 'node:path';
import type { GpuClient, GpuJob } from '../../src/gpu/index.ts';

/** How the program is started from source. */
export const FROM_SOURCE = [process.execPath, join(import.meta.dirname, '../../bin/dev.js')];

const COUNT = 4_096;
const input = Float32Array.from({ length: COUNT }, (_, index) => index);

/** A job that any service does right when it is well. */
export const goodJob: GpuJob = {
  program:
    '__kernel void twice(__global const float *a, __global float *b, float k) { size_t i = get_global_id(0); b[i] = k * a[i]; }',
  buffers: [{ input: new Uint8Array(input.buffer) }, { bytes: 4 * COUNT, output: true }],
  launches: [{ kernel: 'twice', args: [{ buffer: 0 }, { buffer: 1 }, { type: 'float', value: 2 }], global: [COUNT] }],
};

/** Has it done, and says whether every number is right. */
export async function isRight(client: GpuClient): Promise<boolean> {
  const { outputs } = await client.run(goodJob);
  const bytes = outputs[1];
  return bytes?.length === 4 * COUNT && input.every((value, index) => bytes.readFloatLE(4 * index) === 2 * value);
}
