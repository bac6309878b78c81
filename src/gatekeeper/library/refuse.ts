import { ExitCode, UserError } from '../../system/errors.ts';

/** Why a native command is refused (docs/errors.md). */
export type Refusal =
  | 'argument-malformed'
  | 'document-too-large'
  | 'option-ambiguous'
  | 'option-forbidden'
  | 'option-missing'
  | 'option-repeated'
  | 'option-unknown'
  | 'tool-unknown'
  | 'value-invalid'
  | 'values-conflict'
  | 'verb-forbidden'
  | 'verb-unknown';

/** A refusal (exit code 3) that says what is wrong, and how to put it right. */
export function refuse(code: Refusal, message: string, nextStep: string): UserError {
  return new UserError(code, message, { exitCode: ExitCode.refused, nextSteps: [nextStep] });
}

const SHOWN = 60;

/** A token as a message may show it: printable, quoted, and short. */
export function shown(token: string): string {
  const text = token.length > SHOWN ? `${token.slice(0, SHOWN)}…` : token;
  return JSON.stringify(text);
}
