import { ExitCode, UserError } from '../../system/errors.ts';
import { DocumentFault, type FaultReason } from './fault.ts';

const CODES: Record<FaultReason, string> = {
  malformed: 'document-malformed',
  'too-large': 'document-too-large',
  forbidden: 'document-forbidden',
};

/** Runs a reader of this folder and gives its DocumentFault a code. `what`: the document, as in "The playbook …". */
export function refusing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DocumentFault)) throw cause;
    throw new UserError(CODES[cause.reason], `The ${what} is refused: ${cause.message}.`, {
      exitCode: ExitCode.refused,
      cause,
      nextSteps: ['Change it at the place that is named, and send the request again.'],
    });
  }
}
