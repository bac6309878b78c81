import { ExitCode, UserError } from '../../system/errors.ts';
import type { Finding } from './finding.ts';

/** Throws UserError `deployment-refused` (exit code 3) when something is wrong; the first of it is in the message. */
export function refuseFindings(findings: readonly Finding[]): void {
  const [first] = findings;
  if (first === undefined) return;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  throw new UserError('deployment-refused', `The deployment is refused: ${describeFinding(first)}${more}.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Run `logos deploy plan` on its directory: it shows everything that is wrong.'],
  });
}

/** `roles/web/tasks/main.yml:3: document-forbidden: …` */
export function describeFinding({ file, line, code, reason }: Finding): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${code}: ${reason}`;
}
