import { ExitCode, UserError } from '../../system/errors.ts';

/** A chain specification, or what is to become one, that no network could start from. */
export function specInvalid(what: string, why: string, cause?: unknown): UserError {
  return new UserError('spec-invalid', `${what}: ${why}.`, {
    cause,
    exitCode: ExitCode.usage,
    nextSteps: ['See docs/chain-spec.md, or begin with `logos chain spec new --skeleton`.'],
  });
}

/** The specification leads to another first block than was asked for. */
export function genesisDiffers(found: string, wanted: string, where: string): UserError {
  return new UserError(
    'spec-genesis-differs',
    `The specification's first block is ${found}, and ${where} is ${wanted}.`,
    {
      exitCode: ExitCode.refused,
      nextSteps: ['Get the specification of this very network from its operators, and check its hash with them.'],
    },
  );
}
