import type { OpenDevice } from './device.ts';
import { check, JobError } from './errors.ts';
import type { Handle, OpenCl } from './library.ts';

const BUILD_LOG = 0x1183;
const BINARY_SIZES = 0x1165;
const BINARIES = 0x1166;
const LOG_BYTES = 64 * 1024;
/** Arguments are checked by what the compiler noted of them. */
const ALWAYS = '-cl-kernel-arg-info';

export interface ProgramText {
  readonly kind: 'source' | 'spirv';
  readonly bytes: Uint8Array;
  readonly options: readonly string[];
}

/** Compiles for one device. Throws JobError `gpu-build-failed` with the compiler's words, `gpu-spirv-unsupported`, `gpu-failed`. */
export function buildProgram(open: OpenDevice, text: ProgramText): Handle {
  const error = new Int32Array(1);
  const program = text.kind === 'source' ? ofSource(open, text.bytes, error) : ofSpirV(open, text.bytes, error);
  check(error[0], 'take the program');
  return build(open, program, text.options);
}

/** The program that `binaryOf` gave once. Throws JobError where the device doesn't take it any more. */
export function buildBinary(open: OpenDevice, binary: Uint8Array, options: readonly string[]): Handle {
  const { koffi } = open.cl;
  const memory = koffi.alloc('uint8_t', binary.length);
  try {
    new Uint8Array(koffi.view(memory, binary.length)).set(binary);
    const [status, error] = [new Int32Array(1), new Int32Array(1)];
    const [devices, sizes, binaries] = [open.handle, binary.length, koffi.address(memory)].map(
      (value) => new BigUint64Array([BigInt(value)]),
    );
    const program: Handle = open.cl.createProgramOfBinary(open.context, 1, devices, sizes, binaries, status, error);
    check(error[0] || status[0], 'take the compiled program');
    return build(open, program, options);
  } finally {
    koffi.free(memory);
  }
}

/** The compiled program, to be kept; `undefined` where the device gives none or more than `limit` bytes. */
export function binaryOf({ cl }: OpenDevice, program: Handle, limit: number): Buffer | undefined {
  const sizes = Buffer.alloc(8);
  const used = new BigUint64Array(1);
  if (cl.getProgramInfo(program, BINARY_SIZES, 8, sizes, used) !== 0) return undefined;
  const length = Number(sizes.readBigUInt64LE());
  if (length === 0 || length > limit) return undefined;
  const memory = cl.koffi.alloc('uint8_t', length);
  try {
    const pointers = Buffer.alloc(8);
    pointers.writeBigUInt64LE(BigInt(cl.koffi.address(memory)));
    if (cl.getProgramInfo(program, BINARIES, 8, pointers, used) !== 0) return undefined;
    return Buffer.from(new Uint8Array(cl.koffi.view(memory, length)));
  } finally {
    cl.koffi.free(memory);
  }
}

function ofSource({ cl, context }: OpenDevice, bytes: Uint8Array, error: Int32Array): Handle {
  const text = Buffer.from(bytes).toString('utf8');
  if (text.includes('\0')) throw new JobError('gpu-build-failed', 'The source holds a NUL byte.');
  return cl.createProgram(context, 1, [text], null, error);
}

function ofSpirV({ cl, context, device }: OpenDevice, bytes: Uint8Array, error: Int32Array): Handle {
  if (!device.intermediate.some((it) => it.startsWith('SPIR-V')))
    throw new JobError('gpu-spirv-unsupported', `${device.name} takes no SPIR-V: send it source.`);
  return createWithIl(cl)(context, bytes, bytes.length, error);
}

/** A function of OpenCL 2.1: an older loader has none, and no device of its takes SPIR-V. */
function createWithIl(cl: OpenCl) {
  return cl.library.func(
    'uintptr_t clCreateProgramWithIL(uintptr_t context, const uint8_t *il, size_t length, _Out_ int32_t *error)',
  );
}

function build({ cl, handle }: OpenDevice, program: Handle, options: readonly string[]): Handle {
  const devices = new BigUint64Array([BigInt(handle)]);
  const status: number = cl.buildProgram(program, 1, devices, [ALWAYS, ...options].join(' '), null, null);
  if (status === 0) return program;
  const log = Buffer.alloc(LOG_BYTES);
  const used = new BigUint64Array(1);
  // A longer log is not given at all.
  const isThere = cl.getBuildInfo(program, handle, BUILD_LOG, log.length, log, used) === 0;
  const text = isThere ? log.toString('utf8', 0, Number(used[0])).replace(/\0.*$/s, '').trim() : undefined;
  cl.releaseProgram(program);
  throw new JobError('gpu-build-failed', 'The program does not compile.', text);
}
