import { ExitCode, UserError } from '../system/errors.ts';

/** What is wrong with a region, at one place of its definition or on one server. The codes are in docs/errors.md. */
export interface Finding {
  readonly code: string;
  /** Where: `/servers/0/address`, or a server's name. */
  readonly where: string;
  readonly reason: string;
}

/** A finding as people read it. */
export function describeFinding({ code, where, reason }: Finding): string {
  return `${where}: ${reason} (${code})`;
}

/**
 * Throws when something was found. The error has the code of the first finding, and tells all of them. Exit code 3: nothing was
 * changed.
 */
export function refuseFindings(findings: readonly Finding[], nextStep: string): void {
  const [first, ...others] = findings;
  if (first === undefined) return;
  throw new UserError(first.code, `${first.where}: ${first.reason}.`, {
    exitCode: ExitCode.refused,
    nextSteps: [...others.map((finding) => `Also: ${describeFinding(finding)}.`), nextStep],
  });
}
