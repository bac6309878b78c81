import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { LINK_KERNEL } from './link-kernel.ts';

const ms = z.int().min(1).max(3_600_000);
const share = z.number().gt(0).lt(1);

const schema = z.strictObject({
  version: z.literal(1),
  /** The work of one link of a CPU proof (link-kernel.ts). */
  kernel: z.string(),
  cpu: z.strictObject({
    /** How long a machine works on one round. */
    windowMs: ms,
    /** What an answer may take beside that. */
    graceMs: ms,
    roundsPerLink: z.int().min(1_000).max(100_000_000),
    /** Links that the region does again, drawn after the answer is there. */
    checked: z.int().min(1).max(1_024),
    /** How far below its claim a machine may be, for each second of CPU time. */
    tolerance: share,
    /** Under this share of the CPU time a round says that the machine was busy. */
    minShare: share,
  }),
  product: z.strictObject({
    /** Rows of the matrices: at most 512, so that every sum is exact in single precision. */
    size: z.int().min(16).max(512),
    windowMs: ms,
    graceMs: ms,
    /** Products that the machine shows whole, drawn after their digests are there. */
    checked: z.int().min(1).max(64),
    /** Each passes a wrong product with a probability of at most 2^-20. */
    trials: z.int().min(1).max(16),
  }),
  disk: z.strictObject({
    unitKiB: z.int().min(4).max(16_384),
    /** Passes of AES-256-CBC over a unit: what making it anew costs. */
    passes: z.int().min(2).max(65_536),
    /** Reads of a round, each at a place that the one before decides. */
    hops: z.int().min(1).max(1_024),
    /** What a read may take on average: far less than making a unit anew, far more than any disk. */
    hopMs: ms,
    graceMs: ms,
    /** Units that the region makes anew, drawn after the answer is there. */
    checked: z.int().min(1).max(256),
  }),
  rounds: z.strictObject({
    /** Mean time between two rounds; they are memoryless, so that nobody knows the next. */
    meanMinutes: z.number().gt(0).max(43_200),
    /** Rounds in a row in which a machine may be slower than it claims. */
    short: z.int().min(1).max(100),
    /** Rounds in a row in which it may be busy before only what it delivers counts. */
    busy: z.int().min(1).max(100),
    /** Windows in a row that machines behind one address are asked in together. */
    joint: z.int().min(1).max(100),
    /** Together they have to deliver this share of what each did alone. */
    jointShare: share,
  }),
});

/** The value of `proof-rules` in a region's `compute-section-1`. */
export type ProofRules = z.infer<typeof schema>;

/** Parses the chain's value. Throws UserError `proof-rules-invalid`. */
export function parseProofRules(bytes: Uint8Array): ProofRules {
  try {
    const parsed = schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    if (parsed.kernel !== LINK_KERNEL)
      throw new Error(`they are for ${parsed.kernel}, this version has ${LINK_KERNEL}`);
    return parsed;
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UserError('proof-rules-invalid', `The chain's rules for proofs can't be read: ${why}.`, {
      cause,
      nextSteps: ['Update logos: the chain may use a newer form.', 'Tell the operators of your region.'],
    });
  }
}
