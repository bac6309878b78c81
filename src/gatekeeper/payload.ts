import { z } from 'zod';
import { argumentsSchema, documentsSchema } from './native/command.ts';
import type { RequestKind } from './request.ts';

/** Longest reason of a failure that the contract takes, in bytes (contracts/operation/src/limits.rs). */
export const MAX_REASON_BYTES = 256;

/** The contract's rule for labels: safe in commands, file names and host names. */
export const labelSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);

/** Template names: the contract's characters, but no empty, `.` or `..` part, and no leading hyphen. */
export const templateSchema = z
  .string()
  .max(128)
  .regex(/^[a-z0-9][a-z0-9.-]*(?:\/[a-z0-9][a-z0-9.-]*)*$/);

/** 30 days of blocks, as the contract allows. */
const MAX_DEADLINE_BLOCKS = 864_000;

/** 12 months of 30 days, as the contract allows (contracts/lease/src/limits.rs). */
const MAX_LEASE_BLOCKS = 12 * MAX_DEADLINE_BLOCKS;

/** The manifest of a deployment. */
const MAX_CLOSURE_BYTES = 32 * 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const account = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{46,48}$/);
const MAX_U64 = 2n ** 64n - 1n;
const number64 = z
  .string()
  .regex(/^[1-9][0-9]{0,19}$/)
  .refine((text) => /^[0-9]{1,20}$/.test(text) && BigInt(text) <= MAX_U64, 'larger than 64 bits')
  .transform((text) => BigInt(text));

const reason = z.string().refine((text) => Buffer.byteLength(text) <= MAX_REASON_BYTES, 'longer than 256 bytes');

export const operationKindSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start-dvm'), name: labelSchema, template: templateSchema }),
  z.strictObject({ kind: z.literal('stop-dvm'), name: labelSchema }),
]);

/** What each request must say, and nothing besides. */
export const payloadSchemas = {
  join: z.strictObject({
    class: labelSchema,
    path: z.enum(['kvm', 'qemu', 'gpu']),
    inventory: hash,
    gatekeeper: z.string().regex(/^[\x21-\x7e]{1,63}$/),
  }),
  leave: z.strictObject({}),
  'claim-operation': z.strictObject({ operation: number64 }),
  'complete-operation': z.strictObject({
    operation: number64,
    outcome: z.union([z.strictObject({ done: hash }), z.strictObject({ failed: reason })]),
  }),
  'request-operation': z.strictObject({
    host: account,
    operation: operationKindSchema,
    deadlineBlocks: z.int().min(1).max(MAX_DEADLINE_BLOCKS),
  }),
  'run-command': z.strictObject({
    host: account,
    argv: argumentsSchema,
    documents: documentsSchema,
    deadlineBlocks: z.int().min(1).max(MAX_DEADLINE_BLOCKS),
  }),
  'open-lease': z.strictObject({
    customer: account,
    class: labelSchema,
    blocks: z.int().min(1).max(MAX_LEASE_BLOCKS),
    /** What runs in it, by its name in the community's list of services. */
    service: labelSchema,
  }),
  'settle-lease': z.strictObject({ lease: number64 }),
  'cancel-lease': z.strictObject({ lease: number64 }),
  'propose-deployment': z.strictObject({
    target: z
      .string()
      .max(128)
      .regex(/^[a-z0-9](?:[a-z0-9./-]*[a-z0-9])?$/),
    closure: hash,
    size: z.int().min(1).max(MAX_CLOSURE_BYTES),
    replaces: hash.optional(),
    waitBlocks: z.int().min(1).max(MAX_DEADLINE_BLOCKS),
  }),
  // The closure says what was looked at: a number alone could be another chain's.
  'approve-deployment': z.strictObject({ proposal: number64, closure: hash }),
  'reject-deployment': z.strictObject({ proposal: number64 }),
  'withdraw-deployment': z.strictObject({ proposal: number64 }),
  'expire-deployment': z.strictObject({ proposal: number64 }),
  'report-deployment': z.strictObject({
    proposal: number64,
    outcome: z.union([z.strictObject({ applied: hash }), z.strictObject({ failed: reason })]),
  }),
} as const satisfies Record<RequestKind, z.ZodType>;

/** A checked request's kind with what it says. */
export type Demand = {
  [K in RequestKind]: { readonly kind: K; readonly payload: z.output<(typeof payloadSchemas)[K]> };
}[RequestKind];

/** Checks the form of a payload. Throws what zod throws. */
export function parseDemand(kind: RequestKind, payload: unknown): Demand {
  // TypeScript can't follow the pair through the lookup; the table's type ties each kind to its schema.
  return { kind, payload: payloadSchemas[kind].parse(payload) } as Demand;
}
