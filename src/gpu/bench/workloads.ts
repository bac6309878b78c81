import type { GpuJob } from '../client.ts';

/** A job whose work is known, and whose result can be checked. */
export interface Workload {
  readonly name: 'matmul' | 'triad';
  /** What makes it larger: rows of a matrix, passes over the arrays. */
  readonly size: number;
  readonly job: GpuJob;
  /** Operations (matmul) or bytes moved (triad), in billions. */
  readonly billions: number;
  readonly unit: 'GFLOP/s' | 'GB/s';
  isRight(outputs: readonly (Buffer | undefined)[]): boolean;
}

/** Four rows by sixteen columns a work item: enough to keep vector units busy on any device. */
const MATMUL = `
__kernel void matmul(__global const float *a, __global const float16 *b, __global float16 *c, int n) {
  int column = get_global_id(0), row = 4 * get_global_id(1), width = n / 16;
  float16 s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
  for (int k = 0; k < n; k++) {
    float16 v = b[k * width + column];
    s0 += v * a[row * n + k]; s1 += v * a[(row + 1) * n + k];
    s2 += v * a[(row + 2) * n + k]; s3 += v * a[(row + 3) * n + k];
  }
  c[row * width + column] = s0; c[(row + 1) * width + column] = s1;
  c[(row + 2) * width + column] = s2; c[(row + 3) * width + column] = s3;
}`;

/** The product of two matrices of n × n single-precision numbers; n is a multiple of 64. */
export function matmul(n: number): Workload {
  const a = Float32Array.from({ length: n * n }, (_, index) => (index % 7) - 3);
  const b = Float32Array.from({ length: n * n }, (_, index) => (index % 5) - 2);
  const args = [{ buffer: 0 }, { buffer: 1 }, { buffer: 2 }, { type: 'int', value: n }];
  const expected = (row: number, column: number) => {
    let sum = 0;
    for (let k = 0; k < n; k += 1) sum += (a[row * n + k] ?? 0) * (b[k * n + column] ?? 0);
    return sum;
  };
  return {
    name: 'matmul',
    size: n,
    job: {
      program: MATMUL,
      buffers: [{ input: bytesOf(a) }, { input: bytesOf(b) }, { bytes: 4 * n * n, output: true }],
      launches: [{ kernel: 'matmul', args, global: [n / 16, n / 4] }],
    },
    billions: (2 * n ** 3) / 1e9,
    unit: 'GFLOP/s',
    // Sums of small whole numbers are exact.
    isRight: ([, , c]) =>
      [0, 1, n >> 1, n - 1].every((row) =>
        [0, 3, n - 1].every((column) => c?.readFloatLE(4 * (row * n + column)) === expected(row, column)),
      ),
  };
}

/** c = a + s·b, and a and c exchanged for the next pass: three arrays go through the memory each time (STREAM's triad). */
const TRIAD = `
__kernel void triad(__global const float16 *a, __global const float16 *b, __global float16 *c, float s) {
  size_t i = get_global_id(0);
  c[i] = a[i] + s * b[i];
}`;
const TRIAD_FLOATS = 4 * 1024 * 1024;

/** That many passes over arrays of 16 MiB, which no cache holds. `passes` is even. */
export function triad(passes: number): Workload {
  const ones = new Float32Array(TRIAD_FLOATS).fill(1);
  const args = (from: number, to: number) => [
    ...[{ buffer: from }, { buffer: 1 }, { buffer: to }],
    { type: 'float', value: 0.5 },
  ];
  const global = [TRIAD_FLOATS / 16];
  const repeat = passes / 2;
  return {
    name: 'triad',
    size: passes,
    job: {
      program: TRIAD,
      buffers: [{ input: bytesOf(ones) }, { input: bytesOf(ones) }, { bytes: 4 * TRIAD_FLOATS, output: true }],
      launches: [
        { kernel: 'triad', args: args(0, 2), global, repeat },
        { kernel: 'triad', args: args(2, 0), global, repeat },
        { kernel: 'triad', args: args(0, 2), global },
      ],
    },
    billions: ((passes + 1) * 3 * 4 * TRIAD_FLOATS) / 1e9,
    unit: 'GB/s',
    isRight: ([, , c]) => [0, 5, TRIAD_FLOATS - 1].every((index) => c?.readFloatLE(4 * index) === 2.5),
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}
