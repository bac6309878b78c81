import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { CPU_KERNEL } from '../benchmark/kernel.ts';
import { storageSchema } from '../storage/judge.ts';
import { availabilitySchema } from './availability.ts';

export const PROVIDE_PATHS = ['kvm', 'qemu', 'gpu'] as const;
export type ProvidePath = (typeof PROVIDE_PATHS)[number];

const amount = z.number().nonnegative();

/**
 * What a class asks for at least. Units: Mround/s for each CPU second (`cpuSingle`, `cpuAll`), MB/s for each CPU second
 * (`memoryBandwidth`), MiB (`ramMiB`), MB/s and IO/s (`diskWrite`, `diskRead`, `diskRandom`), GFLOP/s (`gpu`).
 */
const minimumSchema = z.strictObject({
  cpuSingle: amount,
  cpuAll: amount,
  memoryBandwidth: amount,
  ramMiB: amount,
  diskWrite: amount,
  diskRead: amount,
  diskRandom: amount,
  gpu: amount,
});
export type Minimum = z.infer<typeof minimumSchema>;
export type FigureName = keyof Minimum;
export const FIGURE_NAMES = Object.keys(minimumSchema.shape) as FigureName[];

const pathSchema = z.strictObject({
  /**
   * What is left of CPU speed and memory bandwidth on this path: 1 on hardware. Under QEMU's emulation 0.14 was measured
   * for integer work (SHA-256) and 0.05 for interpreted floating point, in CPU seconds of the same machine.
   */
  factor: z.number().positive().max(1),
});

const schema = z
  .strictObject({
    version: z.literal(1),
    /** The benchmark kernel that the CPU minimums hold for. */
    kernel: z.string(),
    /** A class once given is kept, and a higher one given, only beyond this relative distance from the minimum. */
    margin: z.number().min(0).max(0.5),
    paths: z.strictObject({ kvm: pathSchema, qemu: pathSchema, gpu: pathSchema }),
    /** From the lowest to the highest of each path. */
    classes: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
          paths: z.array(z.enum(PROVIDE_PATHS)).min(1),
          minimum: minimumSchema,
        }),
      )
      .min(1)
      .max(64),
    /** The second axis: when a machine is there, how well it is reached, and how much data it takes. */
    availability: availabilitySchema.optional(),
    storage: storageSchema.optional(),
  })
  .superRefine((value, context) => {
    const names = value.classes.map((entry) => entry.name);
    if (new Set(names).size !== names.length)
      context.addIssue({ code: 'custom', message: 'a class name is used twice' });
    for (const path of PROVIDE_PATHS) {
      const ladder = value.classes.filter((entry) => entry.paths.includes(path));
      for (const [index, higher] of ladder.entries()) {
        const lower = ladder[index - 1];
        const falls = lower && FIGURE_NAMES.find((name) => higher.minimum[name] < lower.minimum[name]);
        if (falls)
          context.addIssue({ code: 'custom', message: `${higher.name} asks for less ${falls} than ${lower.name}` });
      }
    }
  });

/** The value of `resource-classes` in a region's `compute-section-1`. */
export type ResourceClasses = z.infer<typeof schema>;
export type ResourceClass = ResourceClasses['classes'][number];

/** Parses the chain's value. Throws UserError `resource-classes-invalid`, or `resource-classes-kernel` when its minimums are for a benchmark that this version lacks. */
export function parseResourceClasses(bytes: Uint8Array): ResourceClasses {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`${issue?.path.join('.') || 'value'}: ${issue?.message}`, parsed.error);
  }
  if (parsed.data.kernel !== CPU_KERNEL) {
    throw new UserError(
      'resource-classes-kernel',
      `The chain's resource classes are for the benchmark ${parsed.data.kernel}; this version runs ${CPU_KERNEL}.`,
      { nextSteps: ['Update logos to the version that the chain names.'] },
    );
  }
  return parsed.data;
}

function invalid(why: string, cause: unknown): UserError {
  return new UserError('resource-classes-invalid', `The chain's resource classes can't be read: ${why}.`, {
    cause,
    nextSteps: ['Update logos: the chain may use a newer form.', 'Tell the operators of your region.'],
  });
}
