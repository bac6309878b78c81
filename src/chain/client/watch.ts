import type { ApiPromise } from '@polkadot/api';
import type { Extrinsic, ExtrinsicStatus } from '@polkadot/types/interfaces';
import { chainRefused, oneLine, transactionDropped, transactionTimeout } from '../errors.ts';
import type { Hash } from '../types.ts';

const INCLUSION_MS = 60_000;
/** How long a transaction in a block is waited for to become final; a chain without finality is not waited for longer. */
const FINALITY_MS = 12_000;
/** The longest that `watch` takes. */
export const WATCH_MS = INCLUSION_MS + FINALITY_MS;

/** The pool has, or the chain had, another transaction under this nonce; or what it built on has changed. */
export class NotTaken extends Error {}

/**
 * Sends a signed transaction and follows it into a final block, or into a block where the chain doesn't finalize. A block
 * that is taken back by a fork doesn't count: the transaction is waited for in another one. `onIncluded` is called when it
 * is in a block first. Throws NotTaken, ChainError for what the node refuses, ExternalError `transaction-timeout` or
 * `transaction-dropped`.
 */
export function watch(api: ApiPromise, signed: Extrinsic, onIncluded: () => void): Promise<Hash> {
  return new Promise((resolve, reject) => {
    let unsubscribe: (() => void) | undefined;
    let block: Hash | undefined;
    let timer: NodeJS.Timeout | undefined;
    const settle = (how: () => void): void => {
      clearTimeout(timer);
      unsubscribe?.();
      unsubscribe = () => {};
      how();
    };
    const untilIn = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => settle(() => reject(transactionTimeout(INCLUSION_MS))), INCLUSION_MS);
    };
    const untilFinal = (found: Hash): void => {
      clearTimeout(timer);
      timer = setTimeout(() => settle(() => resolve(found)), FINALITY_MS);
    };
    const onStatus = (status: ExtrinsicStatus): void => {
      if (status.isInBlock) {
        block = status.asInBlock.toHex();
        untilFinal(block);
        onIncluded();
      } else if (status.isRetracted && status.asRetracted.toHex() === block) {
        block = undefined;
        untilIn();
      } else {
        const end = endOf(status, block);
        if (end !== undefined) settle(() => (typeof end === 'string' ? resolve(end) : reject(end)));
      }
    };
    untilIn();
    api.rpc.author.submitAndWatchExtrinsic(signed, onStatus).then(
      (stop) => {
        if (unsubscribe) stop();
        else unsubscribe = stop;
      },
      (error: Error) => settle(() => reject(sendFailure(error))),
    );
  });
}

/** The block that a transaction is in for good, or why it is in none; `block`: the one that it was in last. */
function endOf(status: ExtrinsicStatus, block: Hash | undefined): Hash | Error | undefined {
  if (status.isFinalized) return status.asFinalized.toHex();
  if (status.isFinalityTimeout) return block ?? transactionDropped(status.type);
  if (status.isInvalid || status.isUsurped) return new NotTaken(status.type);
  if (status.isDropped) return transactionDropped(status.type);
  return undefined;
}

/** What a node says when it doesn't take a transaction (sc_rpc_api::author::error, 1010–1014). */
function sendFailure(error: Error & { code?: number }): Error {
  const text = oneLine(error.message);
  if (/outdated|in the future|priority is too low|already imported|temporarily banned/i.test(text)) {
    return new NotTaken(text);
  }
  if (/pay some fees|balance too low/i.test(text)) return chainRefused('transactionPayment', 'Payment', '', error);
  // Its pool is full, or it could not find out: nothing was judged (1011, 1015 and above).
  if (error.code === 1011 || (error.code !== undefined && error.code >= 1015 && error.code < 1030)) {
    return transactionDropped(text);
  }
  if (error.code !== undefined && error.code >= 1010 && error.code < 1020) {
    return chainRefused('transaction', 'Invalid', ` (${text})`, error);
  }
  return error;
}
