import type { JobArgument } from '../job.ts';
import { encodeScalar } from '../scalars.ts';
import { check, JobError } from './errors.ts';
import { infoOf } from './info.ts';
import type { Handle, OpenCl } from './library.ts';

const NUMBER_OF_ARGUMENTS = 0x1191;
const ADDRESS_QUALIFIER = 0x1196;
/** Where an argument lies, by the numbers of CL/cl.h, and what is given for it. */
const PLACES: Readonly<Record<number, string>> = {
  4507: 'a buffer',
  4508: 'local memory',
  4509: 'a buffer',
  4510: 'a value',
};

/**
 * Gives a kernel its arguments. Throws JobError `gpu-job-invalid` where number or kind of them are others than the kernel has: a
 * driver takes a number for an address without asking.
 */
export function setArguments(
  cl: OpenCl,
  kernel: Handle,
  name: string,
  args: readonly JobArgument[],
  buffers: readonly Handle[],
): void {
  const wanted = infoOf((size, value, used) =>
    cl.getKernelInfo(kernel, NUMBER_OF_ARGUMENTS, size, value, used),
  ).readUInt32LE();
  if (wanted !== args.length) throw invalid(`The kernel ${name} has ${wanted} arguments, not ${args.length}.`);
  for (const [index, argument] of args.entries()) {
    const query = (size: number, value: Buffer, used: BigUint64Array): number =>
      cl.getArgumentInfo(kernel, index, ADDRESS_QUALIFIER, size, value, used);
    const place = PLACES[infoOf(query).readUInt32LE()];
    const given = 'buffer' in argument ? 'a buffer' : 'local' in argument ? 'local memory' : 'a value';
    if (place !== undefined && place !== given)
      throw invalid(`Argument ${index} of the kernel ${name} is ${place}, not ${given}.`);
    const [size, value] = bytesOf(argument, buffers);
    check(cl.setArgument(kernel, index, size, value), `set argument ${index} of the kernel ${name}`);
  }
}

function bytesOf(argument: JobArgument, buffers: readonly Handle[]): [number, Uint8Array | BigUint64Array | null] {
  if ('local' in argument) return [argument.local, null];
  if ('buffer' in argument) return [8, new BigUint64Array([BigInt(buffers[argument.buffer] ?? 0)])];
  try {
    const bytes = encodeScalar(argument.type, argument.value);
    return [bytes.length, bytes];
  } catch (error) {
    throw invalid(`${(error as Error).message}.`);
  }
}

function invalid(message: string): JobError {
  return new JobError('gpu-job-invalid', message);
}
