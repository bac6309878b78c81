import { z } from 'zod';
import { SCALAR_TYPES } from './scalars.ts';

/** What a job may ask for at most, whoever runs it; a service may allow less (ServiceLimits). */
const MAX_BUFFERS = 64;
const MAX_LAUNCHES = 256;
const MAX_REPEATS = 1_000_000;
const MAX_ARGUMENTS = 64;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const size = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
/** Drivers multiply the dimensions without a look at how large the product is. */
const range = z
  .array(size)
  .min(1)
  .max(3)
  .refine(
    (sizes) => sizes.reduce((product, one) => product * one, 1) <= Number.MAX_SAFE_INTEGER,
    'too many work items',
  );
const entry = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/, 'the name of a kernel');

/** Options that say how to compile; none that names a file or a directory of the machine that compiles. */
const option = z
  .string()
  .max(256)
  .regex(/^(?:-cl-[a-z0-9.=A-Z-]+|-w|-Werror|-D[A-Za-z_][A-Za-z0-9_]*(?:=[A-Za-z0-9_.+-]*)?)$/, {
    error: '-cl-…, -w, -Werror or -DNAME=VALUE',
  });

const argument = z.union([
  /** A buffer of the job, by its place. */
  z.strictObject({ buffer: z.int().min(0).max(MAX_BUFFERS) }),
  /** Memory that each work group has for itself, in bytes. */
  z.strictObject({ local: size.max(1 << 30) }),
  /** A number, or as many as a vector type has; texts are for numbers that JSON can't hold. */
  z.strictObject({
    type: z.enum(SCALAR_TYPES),
    value: z.union([z.number(), z.string().max(32), z.array(z.union([z.number(), z.string().max(32)])).max(16)]),
  }),
]);
export type JobArgument = z.output<typeof argument>;

const launch = z
  .strictObject({
    kernel: entry,
    args: z.array(argument).max(MAX_ARGUMENTS),
    global: range,
    local: range.optional(),
    /** How often it runs, one after the other. */
    repeat: size.max(MAX_REPEATS).default(1),
  })
  .refine(
    (it) => it.local === undefined || it.local.length === it.global.length,
    'as many local ranges as global ones',
  );

/** A job without its bytes: they follow, program first, then each buffer's input in order. */
export const jobSchema = z
  .strictObject({
    program: z.strictObject({
      kind: z.enum(['source', 'spirv']),
      bytes: size,
      options: z.array(option).max(32).default([]),
    }),
    /** `input`: its bytes follow, else it begins with zeros. `output`: it is sent back. */
    buffers: z
      .array(z.strictObject({ bytes: size, input: z.boolean().default(false), output: z.boolean().default(false) }))
      .max(MAX_BUFFERS)
      .default([]),
    launches: z.array(launch).min(1).max(MAX_LAUNCHES),
    /** Which of the service's devices; its first where absent. */
    device: z.int().min(0).max(255).default(0),
    /** How long it may run, in seconds. */
    seconds: z.number().min(0.001).max(86_400).optional(),
  })
  .refine(
    (job) => job.launches.every(({ args }) => args.every((it) => !('buffer' in it) || it.buffer < job.buffers.length)),
    'an argument names a buffer that is not there',
  );
export type JobHeader = z.output<typeof jobSchema>;
export type JobRequest = z.input<typeof jobSchema>;

/** How long each part took, in milliseconds. */
const timings = z.object({
  /** Until a worker and the device were free. */
  queueMs: z.number().min(0),
  compileMs: z.number().min(0),
  /** Input to the device and output back, the way between client and service included. */
  transferMs: z.number().min(0),
  runMs: z.number().min(0),
});
export type JobTimings = z.output<typeof timings>;

/** What comes back before the output's bytes. */
export const resultSchema = z.object({
  timings,
  /** How the program came to be: compiled now, from the service's cache, or in the worker since an earlier job. */
  program: z.enum(['compiled', 'cached', 'kept']),
  /** What kernels printed, and how many bytes more they did. */
  printed: z.string().max(128 * 1024),
  printedDropped: count,
});
export type JobResult = z.output<typeof resultSchema>;

/** Why a job failed, as it travels. */
export const failureSchema = z.object({
  code: z.string().regex(/^[a-z0-9-]{1,64}$/),
  message: z.string().max(4_096),
  /** What the compiler said. */
  log: z
    .string()
    .max(128 * 1024)
    .optional(),
});

/** What a service allows. Bytes and seconds. */
export const limitsSchema = z.object({
  programBytes: count,
  memoryBytes: count,
  seconds: z.number(),
  compileSeconds: z.number(),
});
export type ServiceLimits = z.output<typeof limitsSchema>;

export function inputBytes({ buffers }: JobHeader): number {
  return buffers.reduce((sum, it) => sum + (it.input ? it.bytes : 0), 0);
}

export function outputBytes({ buffers }: JobHeader): number {
  return buffers.reduce((sum, it) => sum + (it.output ? it.bytes : 0), 0);
}

/** Why a service does not take the job; `undefined` where it does. */
export function refusal(job: JobHeader, limits: ServiceLimits, devices: number): string | undefined {
  const { bytes } = job.program;
  if (bytes > limits.programBytes) return `the program has ${bytes} bytes, more than ${limits.programBytes}`;
  const memory = job.buffers.reduce((sum, it) => sum + it.bytes, 0);
  if (memory > limits.memoryBytes) return `its buffers have ${memory} bytes, more than ${limits.memoryBytes}`;
  if (job.seconds !== undefined && job.seconds > limits.seconds)
    return `it asks for ${job.seconds} seconds, more than ${limits.seconds}`;
  return job.device < devices ? undefined : `there is no device ${job.device}`;
}
