import type { JobHeader } from '../job.ts';
import { setArguments } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { check } from './errors.ts';
import type { Handle } from './library.ts';

const READ_WRITE = 1n;
const MAP_READ = 1n;
const MAP_WRITE = 4n;
/** A queue that nobody waits for grows in memory. */
const QUEUED = 64;

/** A job whose program is compiled and whose buffers are there. */
export interface PreparedJob {
  /** Shows a buffer's memory to `use`, to be written or read; a buffer without input has to be cleared, it may hold what was before. */
  withBuffer(index: number, how: 'write' | 'read', use: (memory: Buffer) => void): void;
  run(): void;
  release(): void;
}

/** Throws JobError `gpu-job-invalid`, `gpu-failed`; then nothing is left of it. */
export function prepareJob({ cl, context, queue }: OpenDevice, program: Handle, job: JobHeader): PreparedJob {
  const error = new Int32Array(1);
  const buffers: Handle[] = [];
  const kernels: Handle[] = [];
  const release = () => {
    for (const kernel of kernels) cl.releaseKernel(kernel);
    for (const buffer of buffers) cl.releaseBuffer(buffer);
  };
  try {
    for (const [index, { bytes }] of job.buffers.entries()) {
      const buffer: Handle = cl.createBuffer(context, READ_WRITE, bytes, null, error);
      check(error[0], `give ${bytes} bytes for buffer ${index}`);
      buffers.push(buffer);
    }
    for (const { kernel: name, args } of job.launches) {
      const kernel: Handle = cl.createKernel(program, name, error);
      check(error[0], `find the kernel ${name}`);
      kernels.push(kernel);
      setArguments(cl, kernel, name, args, buffers);
    }
  } catch (failure) {
    release();
    throw failure;
  }
  return {
    release,
    withBuffer(index, how, use) {
      const { bytes } = job.buffers[index] ?? { bytes: 0 };
      const buffer = buffers[index];
      const flags = how === 'read' ? MAP_READ : MAP_WRITE;
      const mapped: unknown = cl.mapBuffer(queue, buffer, 1, flags, 0, bytes, 0, null, null, error);
      check(error[0], `show buffer ${index}`);
      use(Buffer.from(cl.koffi.view(mapped, bytes)));
      check(cl.unmap(queue, buffer, mapped, 0, null, null), `take buffer ${index} back`);
      check(cl.finish(queue), 'finish a transfer');
    },
    run() {
      const sizes = (values: readonly number[]) => new BigUint64Array(values.map(BigInt));
      for (const [index, { kernel, global, local, repeat }] of job.launches.entries()) {
        const group = local === undefined ? null : sizes(local);
        for (let round = 0; round < repeat; round += 1) {
          const status: number = cl.enqueue(
            ...([queue, kernels[index], global.length, null, sizes(global), group, 0, null, null] as const),
          );
          check(status, `start the kernel ${kernel}`);
          if (round % QUEUED === QUEUED - 1) check(cl.finish(queue), `run the kernel ${kernel}`);
        }
      }
      check(cl.finish(queue), 'run the kernels');
    },
  };
}
