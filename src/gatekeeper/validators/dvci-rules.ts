import { z } from 'zod';
import { ExternalError } from '../../system/errors.ts';
import { parseStrictJson } from '../documents/json.ts';
import { acceptedCommand } from '../native/accepted.ts';
import { versionSchema } from '../version.ts';
import { conditionSchema } from './condition.ts';

/** Inline values of a configuration contract are smaller; this is for one that is an artefact. */
const MAX_RULES_BYTES = 256 * 1024;

const reason = z.string().min(1).max(200);

const rulesSchema = z.strictObject({
  format: z.literal('dvci-rules'),
  formatVersion: z.literal(1),
  version: versionSchema,
  /** Commands of these operations must meet `must`, where they meet `when`. */
  rules: z
    .array(
      z.strictObject({
        id: z
          .string()
          .max(63)
          .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
        operations: z.array(acceptedCommand).min(1).max(64),
        when: z.array(conditionSchema).max(16).default([]),
        must: z.array(conditionSchema).min(1).max(16),
        reason,
      }),
    )
    .max(1_000)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'an id is there twice'),
  /** What these operations must leave alone: configuration keys, where `*` stands for any characters. */
  protected: z
    .array(
      z.strictObject({
        keys: z.array(z.string().min(1).max(200)).min(1).max(64),
        operations: z.array(acceptedCommand).min(1).max(64),
        reason,
      }),
    )
    .max(256),
});

/**
 * What commands on layers 2 and 3 of the infrastructure may be, besides what their libraries let through (`dvci-rules` of
 * `network-section-1`): sizes and counts, networks, registries, namespaces, and what must not be touched.
 */
export type DvciRules = z.output<typeof rulesSchema>;

/** Reads rules as they are on chain. Throws ExternalError `validator-rules-invalid` for anything that is not exactly such. */
export function parseDvciRules(bytes: Uint8Array): DvciRules {
  return parseRules('dvci-rules', bytes, rulesSchema);
}

/** Reads the rules of a validator. Throws ExternalError `validator-rules-invalid`. */
export function parseRules<T extends z.ZodType>(name: string, bytes: Uint8Array, schema: T): z.output<T> {
  try {
    return schema.parse(parseStrictJson(bytes, MAX_RULES_BYTES));
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? z.prettifyError(cause).split('\n').slice(0, 4).join(' ') : (cause as Error).message;
    throw new ExternalError('validator-rules-invalid', `The ${name} on chain can't be used: ${why}.`, {
      cause,
      nextSteps: [`Ask the region's operator to put valid ${name} on chain. Until then what they are for is refused.`],
    });
  }
}
