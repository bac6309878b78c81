import { ExternalError, UserError } from '../../system/errors.ts';
import { oneLine } from '../errors.ts';

/** The chain specification is damaged, or not in the form that a light client reads. */
export function lightSpecInvalid(why: string, cause?: unknown): UserError {
  return new UserError('light-spec-invalid', `The chain specification can't be used: ${oneLine(why)}.`, {
    cause,
    nextSteps: ['Give a raw chain specification (JSON) with the address of at least one node that takes WebSockets.'],
  });
}

/** The light client ended by itself. */
export function lightClientFailed(why: string, cause?: unknown): ExternalError {
  return new ExternalError('light-client-failed', `The light client stopped: ${oneLine(why)}.`, {
    cause,
    nextSteps: ['Start it again; if it stays so, remove its database in LOGOS_HOME and report what --verbose prints.'],
  });
}
