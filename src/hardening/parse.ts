import type { z } from 'zod';
import { ExitCode, UserError } from '../system/errors.ts';

/** Reads JSON from the chain against a schema. Throws UserError `policy-invalid`, which names the first thing that is wrong. */
export function parseStrict<T>(bytes: Uint8Array, schema: z.ZodType<T>, what: string): T {
  const invalid = (reason: string, cause?: unknown): UserError =>
    new UserError('policy-invalid', `The ${what} can't be used: ${reason}.`, {
      exitCode: ExitCode.refused,
      cause,
      nextSteps: [
        'Check the file given with --policy, or tell the community: the value on chain is wrong. Nothing was changed.',
      ],
    });
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'not valid'}`, result.error);
}
