import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Longest argument and most of them: beyond what any of the tools is called with, and far below what the kernel takes. */
export const MAX_ARGUMENT_LENGTH = 4_096;
export const MAX_ARGUMENTS = 256;
const MAX_DOCUMENTS = 64;

export const argumentsSchema = z.array(z.string().max(MAX_ARGUMENT_LENGTH)).min(1).max(MAX_ARGUMENTS);

/** Files that a command line names: the path as it was typed, and the SHA-256 of what was in it when it was. */
export const documentsSchema = z
  .array(z.strictObject({ path: z.string().min(1).max(MAX_ARGUMENT_LENGTH), digest: hash }))
  .max(MAX_DOCUMENTS)
  .refine((list) => new Set(list.map(({ path }) => path)).size === list.length, 'a path is there twice');

export const commandSchema = z.strictObject({
  format: z.literal(1),
  /** The request that it was made for. Nobody can guess it, and so nobody can guess the arguments from the digest. */
  request: hash,
  operation: z.string().max(63),
  /** SHA-256 of the reference library that let it through. */
  library: hash,
  argv: argumentsSchema,
  documents: documentsSchema,
});

/**
 * A native command exactly as it was let through. Its digest is on chain; the document itself stays with the hosts that it
 * concerns, since arguments may be secret.
 */
export type Command = z.output<typeof commandSchema>;

/** SHA-256 of a command's canonical JSON, in hexadecimal. */
export function commandDigest(command: Command): string {
  return sha256Hex(canonicalJson(command));
}
