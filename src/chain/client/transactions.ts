import type { ApiPromise } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import type { DispatchError, EventRecord } from '@polkadot/types/interfaces';
import { Bug, ChainError, LogosError } from '../../system/errors.ts';
import { transactionDropped } from '../errors.ts';
import { HostKey } from '../keys.ts';
import type { HostSigner, TransactionReceipt } from '../types.ts';
import { BlockEvents } from './block-events.ts';
import type { Connection } from './connection.ts';
import { refusedBy } from './contract.ts';
import { Nonces } from './nonces.ts';
import { requireRoom } from './size.ts';
import { NotTaken, WATCH_MS, watch } from './watch.ts';

export type Transaction = SubmittableExtrinsic<'promise'>;

export interface Included {
  receipt: TransactionReceipt;
  events: readonly EventRecord[];
}

const ATTEMPTS = 4;

/** Signs and sends transactions, several of an account at a time, each under a nonce of its own. */
export class TransactionQueue {
  readonly #connection: Connection;
  readonly #nonces = new Nonces();
  readonly #blocks = new BlockEvents();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Sends what `prepare` makes, and waits until it is in a final block (or in a block, where the chain doesn't finalize).
   * `onIncluded` is called when it is in a block first. Throws ChainError when it was refused, ExternalError
   * `transaction-timeout` or `transaction-dropped`.
   */
  async send(
    signer: HostSigner,
    prepare: () => Promise<Transaction>,
    onIncluded: () => void = () => {},
  ): Promise<Included> {
    if (!(signer instanceof HostKey)) throw new Bug('A signer must come from hostKey().');
    let transaction = await prepare();
    for (let attempt = 1; ; attempt += 1) {
      const { api, release } = this.#connection.hold();
      try {
        // Made while the runtime changed: only the present one's calls and versions are any good.
        if (transaction.registry === api.registry || attempt === ATTEMPTS) {
          return await this.#attempt(api, signer, transaction, onIncluded);
        }
        transaction = await prepare();
      } catch (error) {
        // What was signed for the runtime before is not valid any more, and never will be: it is made anew for this one.
        const outlived = isInvalid(error) && attempt < ATTEMPTS && (await this.#connection.renewed(api));
        if (!(error instanceof NotTaken) && !outlived) throw error;
        // Another process, or another connection of this one, used the number: nothing was done, so try with the next.
        if (attempt === ATTEMPTS) throw transactionDropped((error as Error).message);
        if (outlived) transaction = await prepare();
      } finally {
        release();
      }
    }
  }

  async #attempt(
    api: ApiPromise,
    signer: HostKey,
    transaction: Transaction,
    onIncluded: () => void,
  ): Promise<Included> {
    const nonce = await this.#nonces.take(signer.address, () =>
      this.#connection.run('the account', async () =>
        (await api.rpc.system.accountNextIndex(signer.address)).toNumber(),
      ),
    );
    try {
      const signed = await this.#connection.run('the account', () =>
        transaction.signAsync(signer.pair, { nonce: nonce.value }),
      );
      requireRoom(api, signed.encodedLength);
      const block = await this.#connection.run(
        'a transaction',
        // Its refusal must not be taken for an answer of the connection.
        () => watch(api, signed, onIncluded).catch((error: unknown) => rethrowable(error)),
        WATCH_MS + this.#connection.timeoutMs,
      );
      if (block instanceof NotTaken) throw block;
      const { height, events } = await this.#connection.run('a block', () =>
        this.#blocks.of(api, block, signed.toHex()),
      );
      const failed = events.find(({ event }) => api.events.system?.ExtrinsicFailed?.is(event));
      if (failed !== undefined) throw refusedBy(api, failed.event.data[0] as DispatchError);
      return { receipt: { transaction: signed.hash.toHex(), block, height }, events };
    } finally {
      nonce.release();
    }
  }
}

function rethrowable(error: unknown): NotTaken {
  if (error instanceof NotTaken) return error;
  throw error;
}

/** The pool did not take the transaction, or dropped it: no block has it. */
function isInvalid(error: unknown): boolean {
  if (error instanceof NotTaken) return true;
  if (!(error instanceof LogosError)) return false;
  return error.code === 'transaction-dropped' || (error instanceof ChainError && error.module === 'transaction');
}
