import { ExitCode, UserError } from '../../system/errors.ts';

/** The new runtime does not follow the one that runs. */
export function upgradeRefused(why: string): UserError {
  return new UserError('upgrade-refused', `This runtime can't take the place of the one that runs: ${why}.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Build it from the sources of this chain, with `spec_version` raised.'],
  });
}

/** Nobody who signs here may decide, and the chain has no governance that this program speaks. */
export function noGovernance(): UserError {
  return new UserError('upgrade-no-governance', 'The account does not administer this chain, which has no referenda.', {
    nextSteps: ["Sign with the administrator's key (--from)."],
  });
}

export function notAuthorised(hash: string): UserError {
  return new UserError('upgrade-not-authorised', `The chain has not authorised the runtime ${hash}.`, {
    exitCode: ExitCode.unauthorised,
    nextSteps: [
      'Wait until the referendum has passed and was enacted; then run this again.',
      'Apply the very file that was proposed: another compression has another hash.',
    ],
  });
}
