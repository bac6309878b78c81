import { z } from 'zod';
import type { Fault, Machine, MachineChallenge, MachineGuard, Ruling, RulingReason } from '../machine-types.ts';
import type { Hash } from '../types.ts';
import { accountId, hash32, nameOfBytes } from './schemas.ts';

/** What pallet DRN keeps, in the JSON form of polkadot.js, checked and put into our types. */

const block = z.int().min(0).max(0xffffffff);
const count = block;
const fault = z
  .enum(['Silent', 'Unanswered', 'Wrong', 'Refused', 'Deviates', 'Unattested'])
  .transform((name) => name.toLowerCase() as Fault);
const evidence = hash32.nullish().transform((digest): { evidence?: Hash } => (digest ? { evidence: digest } : {}));

export const rules = z.object({
  heartbeatTerm: block,
  suspendAt: count,
  excludeAt: count,
  readmitAfter: count,
  fatal: z.array(fault).max(16),
  // Runtimes before 4 have no guards.
  attestTerm: block.optional(),
});

const state = z
  .union([
    z.enum(['Active', 'Excluded', 'Suspended']).transform((name) => name.toLowerCase()),
    z.strictObject({ active: z.null() }).transform(() => 'active'),
    z.strictObject({ excluded: z.null() }).transform(() => 'excluded'),
    z.strictObject({ suspended: z.null() }).transform(() => 'suspended'),
    z.strictObject({ leaving: z.object({ until: block }) }).transform(() => 'leaving'),
  ])
  .transform((name) => name as Machine['state']);

export const member = z
  .object({
    region: nameOfBytes,
    state,
    since: block,
    seen: block,
    due: block,
    report: hash32,
    strikes: count,
    clean: count,
  })
  .nullable();

export const challenge = z
  .object({ seed: hash32, deadline: block, answer: hash32.nullish() })
  .transform(({ seed, deadline, answer }): MachineChallenge => ({ seed, deadline, ...(answer ? { answer } : {}) }))
  .nullable();

export const bond = z
  .object({
    guard: accountId,
    manifest: hash32.nullish(),
    former: z.tuple([hash32, block]).nullish(),
    attested: block,
    seen: block,
    due: block,
    missed: z.boolean(),
  })
  .transform(({ manifest, former, ...rest }): MachineGuard => {
    const before = former ? { former: { manifest: former[0], until: former[1] } } : {};
    return { ...rest, ...(manifest ? { manifest } : {}), ...before };
  })
  .nullable();

export const guarded = accountId.nullable();

const because: z.ZodType<RulingReason> = z.union([
  z
    .strictObject({ strikes: z.object({ fault, strikes: count, limit: count, evidence }) })
    .transform(({ strikes: { evidence: shown, ...rest } }) => ({ rule: 'strikes' as const, ...rest, ...shown })),
  z
    .strictObject({ fatal: z.object({ fault, evidence }) })
    .transform(({ fatal }) => ({ rule: 'fatal' as const, fault: fatal.fault, ...fatal.evidence })),
  z
    .strictObject({ clean: z.object({ clean: count, limit: count }) })
    .transform(({ clean }) => ({ rule: 'clean' as const, ...clean })),
  z
    .strictObject({ ordered: z.object({ by: accountId.nullish() }) })
    .transform(({ ordered: { by } }) => ({ rule: 'ordered' as const, ...(by ? { by } : {}) })),
]);

export const ruling = z
  .object({
    decision: z
      .enum(['Suspended', 'Readmitted', 'Excluded'])
      .transform((name) => name.toLowerCase() as Ruling['decision']),
    because,
    at: block,
  })
  .nullable();

export const reported = z.array(hash32).max(256);
