import { z } from 'zod';
import { labelSchema } from '../payload.ts';
import { versionSchema } from '../version.ts';
import { parseRules } from './dvci-rules.ts';

const blocks = z.int().min(1).max(100_000_000);

const rulesSchema = z.strictObject({
  format: z.literal('w3bi-rules'),
  formatVersion: z.literal(1),
  version: versionSchema,
  /** Services that the community admitted, and the classes that each may run in, where `*` stands for any characters. */
  services: z
    .array(
      z.strictObject({
        name: labelSchema,
        category: z.enum(['decentralization', 'education', 'science']),
        classes: z.array(z.string().min(1).max(63)).min(1).max(64),
      }),
    )
    .max(1_000)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'a service is there twice'),
  leaseBlocks: z.strictObject({ minimum: blocks, maximum: blocks }),
  /** What the account that pays must have left, in Planck: it has transactions to pay. */
  reservePlanck: z
    .string()
    .regex(/^[0-9]{1,30}$/)
    .transform((text) => BigInt(text)),
});

/** What customers may rent and for how long, as the community decided (`w3bi-rules` of `network-section-1`). */
export type W3biRules = z.output<typeof rulesSchema>;

/** Reads rules as they are on chain. Throws ExternalError `validator-rules-invalid` for anything that is not exactly such. */
export function parseW3biRules(bytes: Uint8Array): W3biRules {
  return parseRules('w3bi-rules', bytes, rulesSchema);
}
