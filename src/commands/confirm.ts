import { createInterface } from 'node:readline/promises';
import { ExitCode, UserError } from '../system/errors.ts';

/** How the owner's word is had. */
export interface Agreement {
  yes: boolean;
  json: boolean;
  signal: AbortSignal;
}

/** Asks once. Throws `confirmation-needed` where there is nobody to ask and `--yes` was not given. */
export async function agreed(question: string, { yes, json, signal }: Agreement): Promise<boolean> {
  if (yes) return true;
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UserError('confirmation-needed', 'This changes the machine, and there is nobody to ask.', {
      exitCode: ExitCode.usage,
      nextSteps: ['Look at the plan with --dry-run, then run it with --yes.'],
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    // Ctrl-C and Ctrl-D at the question are a no.
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    terminal.close();
  }
}
