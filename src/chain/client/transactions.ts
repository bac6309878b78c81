import type { SubmittableExtrinsic } from '@polkadot/api/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import type { ISubmittableResult } from '@polkadot/types/types';
import { Bug, ChainError, LogosError } from '../../system/errors.ts';
import { chainRefused, oneLine, transactionDropped, transactionTimeout } from '../errors.ts';
import { HostKey } from '../keys.ts';
import type { AccountId, Hash, HostSigner, TransactionReceipt } from '../types.ts';
import type { Connection } from './connection.ts';
import { refusedBy } from './contract.ts';
import { requireRoom } from './size.ts';

export type Transaction = SubmittableExtrinsic<'promise'>;

export interface Included {
  receipt: TransactionReceipt;
  events: readonly EventRecord[];
}

const INCLUSION_MS = 60_000;
/** How long a transaction in a block is waited for to become final; a chain without finality is not waited for longer. */
const FINALITY_MS = 12_000;
const NONCE_ATTEMPTS = 4;

/** Signs and sends transactions, one at a time for each account, so that nonces never collide. */
export class TransactionQueue {
  readonly #connection: Connection;
  readonly #last = new Map<AccountId, Promise<unknown>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Sends what `prepare` makes when its turn has come, and waits until it is in a final block (or in a block, where the
   * chain doesn't finalize). Throws ChainError when it was refused, ExternalError `transaction-timeout` or
   * `transaction-dropped`.
   */
  async send(signer: HostSigner, prepare: () => Promise<Transaction>): Promise<Included> {
    if (!(signer instanceof HostKey)) throw new Bug('A signer must come from hostKey().');
    const turn = (this.#last.get(signer.address) ?? Promise.resolve()).then(() =>
      this.#attempt(signer, prepare, NONCE_ATTEMPTS),
    );
    this.#last.set(
      signer.address,
      turn.catch(() => {}),
    );
    return turn;
  }

  async #attempt(
    signer: HostKey,
    prepare: () => Promise<Transaction>,
    attempts: number,
    made?: Transaction,
  ): Promise<Included> {
    const transaction = made ?? (await prepare());
    const { api, release } = this.#connection.hold();
    try {
      // Made while the runtime changed: only the present one's calls and versions are any good.
      if (transaction.registry !== api.registry && attempts > 1) return this.#attempt(signer, prepare, attempts - 1);
      const nonce = () => api.rpc.system.accountNextIndex(signer.address);
      const sign = async () => transaction.signAsync(signer.pair, { nonce: await nonce() });
      const signed = await this.#connection.run('the account', sign);
      requireRoom(api, signed.encodedLength);
      return await this.#included(signed);
    } catch (error) {
      // What was signed for the runtime before is not valid any more, and never will be: it is made anew for this one.
      const outlived = isInvalid(error) && attempts > 1 && (await this.#connection.renewed(api));
      if (!(error instanceof NonceTaken) && !outlived) throw error;
      // Another process, or another connection of this one, used the number: nothing was done, so try with the next.
      if (attempts <= 1) throw transactionDropped((error as Error).message);
      return await this.#attempt(signer, prepare, attempts - 1, outlived ? undefined : transaction);
    } finally {
      release();
    }
  }

  async #included(signed: Transaction): Promise<Included> {
    const result = await this.#connection.run(
      'a transaction',
      () => this.#watch(signed),
      INCLUSION_MS + FINALITY_MS + this.#connection.timeoutMs,
    );
    if (result instanceof NonceTaken) throw result;
    const { api } = this.#connection;
    if (result.dispatchError) throw refusedBy(api, result.dispatchError);
    const block = (result.status.isFinalized ? result.status.asFinalized : result.status.asInBlock).toHex();
    const height = await this.#connection.run('a block', async () => {
      return (await api.rpc.chain.getHeader(block)).number.toNumber();
    });
    return { receipt: { transaction: signed.hash.toHex(), block: block as Hash, height }, events: result.events };
  }

  #watch(signed: Transaction): Promise<ISubmittableResult | NonceTaken> {
    return new Promise((resolve, reject) => {
      let unsubscribe: (() => void) | undefined;
      let timer = setTimeout(() => settle(() => reject(transactionTimeout(INCLUSION_MS))), INCLUSION_MS);
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        unsubscribe?.();
        unsubscribe = () => {};
        how();
      };
      const onStatus = (result: ISubmittableResult): void => {
        const { status } = result;
        if (status.isFinalized) settle(() => resolve(result));
        else if (status.isInBlock) {
          clearTimeout(timer);
          timer = setTimeout(() => settle(() => resolve(result)), FINALITY_MS);
        } else if (result.isError) settle(() => reject(transactionDropped(status.type)));
      };
      signed.send(onStatus).then(
        (stop) => {
          if (unsubscribe) stop();
          else unsubscribe = stop;
        },
        (error: Error) => {
          const failure = sendFailure(error);
          settle(() => (failure instanceof NonceTaken ? resolve(failure) : reject(failure)));
        },
      );
    });
  }
}

/** The pool did not take the transaction, or dropped it: no block has it. */
function isInvalid(error: unknown): boolean {
  if (!(error instanceof LogosError)) return false;
  return error.code === 'transaction-dropped' || (error instanceof ChainError && error.module === 'transaction');
}

/** The pool has, or the chain had, another transaction under this nonce. */
class NonceTaken extends Error {}

/** What a node says when it doesn't take a transaction (sc_rpc_api::author::error, 1010–1014). */
function sendFailure(error: Error & { code?: number }): Error {
  const text = oneLine(error.message);
  if (/outdated|in the future|priority is too low|already imported|temporarily banned/i.test(text)) {
    return new NonceTaken(text);
  }
  if (/pay some fees|balance too low/i.test(text)) return chainRefused('transactionPayment', 'Payment', '', error);
  if (error.code !== undefined && error.code >= 1010 && error.code < 1020) {
    return chainRefused('transaction', 'Invalid', ` (${text})`, error);
  }
  return error;
}
