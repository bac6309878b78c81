import { ExitCode, ExternalError, UserError } from '../../system/errors.ts';
import type { AccountId } from '../types.ts';

/** The runtime has no such pallet or call; `known` are those that it has. */
export function callUnknown(name: string, what: string, known: readonly string[]): UserError {
  return new UserError('call-unknown', `The chain has no call ${JSON.stringify(name.slice(0, 100))}: ${what}.`, {
    exitCode: ExitCode.usage,
    nextSteps: [`Give one of: ${known.join(', ')}.`],
  });
}

/** An argument is not of the type that the call takes; `path` says which one, however deep. */
export function argumentsInvalid(path: string, why: string, signature: string): UserError {
  return new UserError('call-arguments-invalid', `${path}: ${why}.`, {
    exitCode: ExitCode.usage,
    nextSteps: [`Give the arguments as JSON: ${signature}.`],
  });
}

/** The account can't pay what the call costs at least. Amounts in Planck. */
export function unfunded(account: AccountId, has: bigint, needs: bigint): UserError {
  return new UserError(
    'account-unfunded',
    `The account ${account} holds ${has} Planck, and the fee alone is about ${needs}.`,
    { nextSteps: [`Send funds to ${account}, or sign with another key (--from).`] },
  );
}

/** A key whose secret everybody knows, on a chain that holds value. */
export function publicKeyOnLiveChain(key: string, chain: string): UserError {
  return new UserError(
    'key-public',
    `${key} is a development key that everybody knows, and ${chain} is a live chain.`,
    {
      exitCode: ExitCode.refused,
      nextSteps: ['Sign with a key of your own: --from host, or --from DIRECTORY.'],
    },
  );
}

/** The transaction is out, and what became of it is not known yet. */
export function notFinal(hash: string, milliseconds: number): ExternalError {
  return new ExternalError('transaction-timeout', `Transaction ${hash} was not final after ${milliseconds} ms.`, {
    nextSteps: ['Run the same command again: it waits for this transaction and sends no second one.'],
  });
}

/** It can't be in any block any more, so nothing was done. */
export function neverIncluded(hash: string, why: string): ExternalError {
  return new ExternalError('transaction-dropped', `Transaction ${hash} was not taken into a block: ${why}.`, {
    nextSteps: ['Run the command again: it sends a new transaction.'],
  });
}
