import { z } from 'zod';

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const base64 = (mostBytes: number) => z.base64().max(Math.ceil(mostBytes / 3) * 4);
const MIB = 2 ** 20;

/** What a plot is made of: the seed, and how much work each unit is. */
export const plotSchema = z.strictObject({
  seed: hex32,
  unitKiB: z.int().min(4).max(16_384),
  passes: z.int().min(2).max(65_536),
  units: z
    .int()
    .min(1)
    .max(2 ** 32),
});
export type Plot = z.infer<typeof plotSchema>;

/** What the region asks a machine. `seed`: nobody knew it before (seed.ts). */
export const challengeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cpu'),
    seed: hex32,
    /** Threads that work at once: one, or all that the machine claims. */
    lanes: z.int().min(1).max(4_096),
    windowMs: z.int().min(1).max(600_000),
    roundsPerLink: z.int().min(1_000).max(100_000_000),
  }),
  z.strictObject({
    kind: z.literal('product'),
    seed: hex32,
    size: z.int().min(16).max(512),
    windowMs: z.int().min(1).max(600_000),
  }),
  /** Shows products whose digests it gave. */
  z.strictObject({
    kind: z.literal('reveal'),
    seed: hex32,
    size: z.int().min(16).max(512),
    indices: z.array(z.int().min(0)).min(1).max(64),
  }),
  /** Fills the disk that it claims, once; answered when that is done. */
  z.strictObject({ kind: z.literal('plot'), plot: plotSchema }),
  z.strictObject({ kind: z.literal('disk'), seed: hex32, plot: plotSchema, hops: z.int().min(1).max(1_024) }),
]);
export type Challenge = z.infer<typeof challengeSchema>;
export type ChallengeOf<K extends Challenge['kind']> = Extract<Challenge, { kind: K }>;

/** What a machine answers. */
export const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cpu'),
    /** A lane's checkpoints, 16 bytes each, one after the other. */
    lanes: z.array(base64(4 * MIB)).max(4_096),
    /** CPU time of all lanes together. */
    cpuSeconds: z.number().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal('product'),
    digests: z.array(hex32).max(65_536),
    cpuSeconds: z.number().nonnegative(),
  }),
  /** Rows one after the other, single precision, the lowest byte first. */
  z.strictObject({ kind: z.literal('reveal'), products: z.array(base64(MIB)).max(64) }),
  z.strictObject({ kind: z.literal('plot'), units: z.int().min(0) }),
  z.strictObject({ kind: z.literal('disk'), digests: z.array(hex32).max(1_024) }),
  z.strictObject({ kind: z.literal('failed'), why: z.string().max(1_000) }),
]);
export type Answer = z.infer<typeof answerSchema>;
export type AnswerOf<K extends Answer['kind']> = Extract<Answer, { kind: K }>;
