import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { common, lengthOf, merged, type Span } from './schedule.ts';

const planck = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt);
/** Parts of a million. */
const million = z.int().min(0).max(1_000_000);

const schema = z.strictObject({
  version: z.literal(1),
  /** Planck for an hour in which the machine was there, by its resource class. */
  hourly: z.record(z.string().max(32), planck),
  /** What an hour beside the commitment earns, of the hourly price. */
  besideMillionths: million,
  /** What a committed hour that was missed costs, of the hourly price. */
  missedMillionths: z.int().min(0).max(10_000_000),
  /** Of the committed time, what may be missed without a penalty. */
  toleratedMillionths: million,
});

/** The value of `sla-rules` in a region's `compute-section-1`. */
export type SlaRules = z.infer<typeof schema>;

/** Parses the chain's value. Throws UserError `sla-rules-invalid`. */
export function parseSlaRules(bytes: Uint8Array): SlaRules {
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UserError('sla-rules-invalid', `The chain's rules for commitments can't be read: ${why}.`, {
      cause,
      nextSteps: ['Update logos: the chain may use a newer form.', 'Tell the operators of your region.'],
    });
  }
}

export interface Period {
  readonly class: string;
  /** Time that was committed, and time in which the machine was heard of; milliseconds. */
  readonly committed: readonly Span[];
  readonly present: readonly Span[];
}

/** Planck. `provider` is what the machine's account holds for this (its deposit and earnings), `payer` what its customers put in. */
export interface Balances {
  readonly provider: bigint;
  readonly payer: bigint;
  readonly pool: bigint;
}

export interface Settlement {
  readonly committedMs: number;
  readonly servedMs: number;
  /** There, and not committed. */
  readonly besideMs: number;
  /** Committed and not there, past what is tolerated. */
  readonly missedMs: number;
  /** Planck that moved from the payer to the provider, and from the provider to the pool. */
  readonly earned: bigint;
  readonly penalty: bigint;
  /** What was due and could not be paid. */
  readonly unpaid: { readonly earned: bigint; readonly penalty: bigint };
  readonly after: Balances;
}

const HOUR_MS = 3_600_000n;
const MILLION = 1_000_000n;

/**
 * What a period earns and costs by the chain's rules. Pure and total: what is taken from one is given to another, nobody gets
 * below zero, and fractions of a Planck stay with whoever pays. It moves nothing on chain: that is the lease contract's.
 */
export function settle({ class: name, committed, present }: Period, rules: SlaRules, before: Balances): Settlement {
  const [due, there] = [merged(committed), merged(present)];
  const committedMs = lengthOf(due);
  const servedMs = lengthOf(common(due, there));
  const besideMs = lengthOf(there) - servedMs;
  const tolerated = Math.floor((committedMs * rules.toleratedMillionths) / 1_000_000);
  const missedMs = Math.max(0, committedMs - servedMs - tolerated);
  const hourly = rules.hourly[name] ?? 0n;
  const price = (ms: number, millionths: number): bigint =>
    (BigInt(Math.floor(ms)) * hourly * BigInt(millionths)) / (HOUR_MS * MILLION);
  const owed = price(servedMs, 1_000_000) + price(besideMs, rules.besideMillionths);
  const fine = price(missedMs, rules.missedMillionths);
  const earned = least(owed, before.payer);
  const penalty = least(fine, before.provider + earned);
  return {
    committedMs,
    servedMs,
    besideMs,
    missedMs,
    earned,
    penalty,
    unpaid: { earned: owed - earned, penalty: fine - penalty },
    after: {
      provider: before.provider + earned - penalty,
      payer: before.payer - earned,
      pool: before.pool + penalty,
    },
  };
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
