import { ChainError, ExitCode, ExternalError, UserError } from '../system/errors.ts';

/** No answer from the chain, at first or in mid-run. */
export function chainUnreachable(url: string, why: string, cause?: unknown): UserError {
  return new UserError('chain-unreachable', `The chain at ${url} can't be reached: ${why}.`, {
    cause,
    nextSteps: [
      'Check that the chain runs and that the address is right (--chain).',
      'Start a development chain on this machine with `logos chain dev`.',
    ],
  });
}

/** The node is there, and has enough to do with others. */
export function chainBusy(url: string, why: string, cause?: unknown): ExternalError {
  return new ExternalError('chain-busy', `The node at ${url} takes no more for now: ${oneLine(why)}.`, {
    cause,
    nextSteps: ['Try again in a minute, with fewer requests at a time.', 'Or ask another node (--chain).'],
  });
}

export function chainNotLogos(url: string, why: string): UserError {
  return new UserError('chain-not-logos', `What answers at ${url} is not a Logos chain: ${why}.`, {
    nextSteps: ['Give the address of a Logos chain with --chain.'],
  });
}

/** Another chain took the place of the one that was connected to. */
export function chainReplaced(url: string): UserError {
  return new UserError('chain-replaced', `Another chain answers at ${url} than before: its genesis block differs.`, {
    nextSteps: ['Stop this program and start it again, and join the new chain if that is what you want.'],
  });
}

/** The chain said something that it can't mean; what it says is never trusted unseen. */
export function answerInvalid(what: string, cause?: unknown): ExternalError {
  return new ExternalError('chain-answer-invalid', `The chain's answer about ${what} makes no sense.`, {
    cause,
    nextSteps: ['Check with --chain that this is the chain you mean, and that this version of logos fits it.'],
  });
}

export function rpcFailed(what: string, cause: Error): ExternalError {
  return new ExternalError('chain-rpc-failed', `The chain could not answer about ${what}: ${oneLine(cause.message)}`, {
    cause,
    nextSteps: ['Try again; if it stays so, look at the log of the chain.'],
  });
}

export function sectionUnknown(section: string, region: string): UserError {
  return new UserError('section-unknown', `Region ${region} has no ${section} on this chain.`, {
    nextSteps: ['List the sections with `logos chain status`.', 'Check the region (--region) and the chain (--chain).'],
  });
}

/** Another contract was registered in its place before a call to it was in a block. */
export function contractMoved(section: string, region: string): ExternalError {
  return new ExternalError('contract-moved', `The contract of ${section} in region ${region} was replaced meanwhile.`, {
    nextSteps: ['Do it again: it goes to the contract that is registered now.'],
  });
}

/** What a refusal means for whoever asked, by the error's name. */
const ADVICE: Readonly<Record<string, string>> = {
  NotAdmitted: 'Join the region first: `logos provide`.',
  NotAMember: 'Join the region first: `logos provide`.',
  Excluded: 'This host was excluded from the region. Ask the region why.',
  NotAuthorized: 'Use an account that has the role for this.',
  VersionConflict: 'Somebody else changed the section: read it again and repeat the change.',
  NotAGatekeeper: 'Register this account as a gatekeeper first: joining the region (`logos provide`) does it.',
  NotInGoodStanding: 'This gatekeeper is suspended or was excluded. Ask the region why.',
  NotRegistered: "This contract isn't on the chain's register any more: read the register again.",
  StillBound:
    'The machine of this account leaves first: `logos chain tx drn.leave`, and after its term `drn.withdraw`.',
  NotRecent: 'The block is too old: attest against a newer one.',
  WrongProof: 'Attest again, against a block that the chain has kept.',
  WrongEpoch: 'The role has a new key: read the role again and repeat the change.',
  RequestConflict: 'Use a new request id: this one was used for something else.',
  TooManyOpenOperations: 'Wait until this host has done some of its operations.',
  DeadlinePassed: 'The operation came too late: ask for it again.',
  Payment: 'Put funds into the account of this host: `logos chain keys` shows its address.',
  FundsUnavailable: 'Put funds into the account of this host: `logos chain keys` shows its address.',
  InsufficientBalance: 'Put funds into the account of this host: `logos chain keys` shows its address.',
};

/** The chain understood and said no. `module` is the pallet or contract, `variant` the error's name in it. */
export function chainRefused(module: string, variant: string, detail = '', cause?: unknown): ChainError {
  const advice = ADVICE[variant];
  return new ChainError('chain-refused', `The chain refused: ${module}.${variant}${detail}.`, {
    module,
    variant,
    cause,
    nextSteps: advice === undefined ? ['See docs/errors.md for what this refusal means.'] : [advice],
  });
}

/** No block has room for it. Sizes in bytes. */
export function transactionTooLarge(bytes: number, limit: number): UserError {
  return new UserError(
    'transaction-too-large',
    `The transaction has ${bytes} bytes, and the chain's blocks take transactions of ${limit} bytes at most.`,
    {
      nextSteps: ['Do it in several transactions.', 'Large data is kept as an artefact, and the chain names its hash.'],
    },
  );
}

/** A sealed message that its key doesn't open. */
export function sealBroken(cause?: unknown): ExternalError {
  return new ExternalError(
    'seal-broken',
    'A sealed value does not open: it was changed, put in the place of another, or sealed to another key.',
    {
      cause,
      nextSteps: ['Check that this account has access to the role.', 'Let a keeper of the role put the value again.'],
    },
  );
}

/** Bytes that are no X25519 key. */
export function sealKeyInvalid(cause?: unknown): UserError {
  return new UserError('seal-key-invalid', 'A key to seal to or to open with is not an X25519 key.', {
    cause,
    nextSteps: ['Let the account publish its key again.'],
  });
}

/** An account that can't read a role's values. */
export function roleClosed(role: string, why: string): UserError {
  return new UserError('role-closed', `This account can't read what role ${role} holds: ${why}.`, {
    exitCode: ExitCode.unauthorised,
    nextSteps: ['Ask a keeper of the role for access.'],
  });
}

/** The chain took the contracts and refused to enter them into its registry. */
export function contractsUnregistered(why: string): ChainError {
  return new ChainError('contracts-unregistered', `The chain did not register the contracts: ${oneLine(why)}`, {
    module: 'scl',
    variant: 'RegistrationFailed',
    nextSteps: ['Check that the names of region and sections are ones that the chain takes, and run it again.'],
  });
}

/** The chain takes labels only, since names of regions are part of commands, files and host names. */
export function regionInvalid(region: string): UserError {
  return new UserError('region-invalid', `"${region.slice(0, 64)}" can't be the name of a region.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Name it with lower-case letters, digits and hyphens, 32 at most, without a hyphen at either end.'],
  });
}

/** Nobody signs for others on a chain of value. */
export function signerNeeded(chain: string): UserError {
  return new UserError('chain-signer-needed', `${chain} is no development chain: a key has to be named.`, {
    nextSteps: ['Name the key that deploys with --from.'],
  });
}

export function transactionTimeout(milliseconds: number): ExternalError {
  return new ExternalError('transaction-timeout', `A transaction was not in a block after ${milliseconds} ms.`, {
    nextSteps: ['Run the command again: a request that was taken after all has no second effect.'],
  });
}

export function transactionDropped(status: string): ExternalError {
  return new ExternalError('transaction-dropped', `The chain let a transaction go (${status}).`, {
    nextSteps: ['Run the command again.'],
  });
}

export function oneLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}
