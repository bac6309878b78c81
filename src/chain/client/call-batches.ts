import { ChainError } from '../../system/errors.ts';
import type { Parser } from '../../system/files.ts';
import type { AccountId, HostSigner } from '../types.ts';
import { type BatchItem, batchTransaction, endsOf, fitting, MAX_ITEMS, takesBatches } from './batch-call.ts';
import { widen } from './call.ts';
import type { Connection } from './connection.ts';
import type { Gas } from './contract.ts';
import { Lane, type Load } from './lane.ts';
import type { EncodedCall } from './operation-calls.ts';
import type { RegionContract, Told } from './region-contract.ts';
import type { Included, TransactionQueue } from './transactions.ts';

/** Transactions of an account that may be on their way into a block at once. */
const IN_FLIGHT = 4;
/** How long what a dry run said of a message's gas holds, milliseconds. */
const GAS_HOLDS_MS = 600_000;

/** What came of a call that may have been in a batch: nobody tried it first, so that only its events tell. */
export type BatchTold<T> = Omit<Told<T>, 'value'> & { value?: T };

interface Item {
  readonly call: EncodedCall;
  readonly parser: Parser<unknown>;
  readonly resolve: (told: BatchTold<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

type PricedItem = Item & BatchItem;
type Destination = Awaited<ReturnType<RegionContract['destination']>>;

/**
 * Calls of one contract. One that comes alone is tried and sent at once; those that come while a few transactions of their
 * account are on their way into a block are put into batches, which take one signature and one dry run for many. Calls go
 * out in the order in which they came. How each item of a batch ended says the block; why it failed, a dry run.
 */
export class CallBatches {
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #contract: RegionContract;
  readonly #lanes = new Map<AccountId, Lane<Item>>();
  readonly #gas = new Map<string, { gas: Gas; at: number }>();

  constructor(connection: Connection, queue: TransactionQueue, contract: RegionContract) {
    this.#connection = connection;
    this.#queue = queue;
    this.#contract = contract;
  }

  /** Like RegionContract's `tell`. */
  tell<T>(signer: HostSigner, call: EncodedCall, parser: Parser<T>): Promise<BatchTold<T>> {
    const lane = this.#lanes.get(signer.address) ?? new Lane<Item>(IN_FLIGHT, (load) => this.#send(signer, load));
    this.#lanes.set(signer.address, lane);
    return new Promise((resolve, reject) => {
      lane.add({ call, parser, resolve: resolve as Item['resolve'], reject });
    });
  }

  async #send(signer: HostSigner, load: Load<Item>): Promise<void> {
    let items: readonly Item[] = load.take(takesBatches(this.#connection.api) ? MAX_ITEMS : 1);
    const [only] = items;
    if (only !== undefined && items.length === 1) return this.#alone(signer, only, load.included);
    try {
      const destination = await this.#contract.destination();
      const priced = await this.#priced(signer, destination.address, items);
      const count = fitting(this.#connection.api, priced);
      load.giveBack(priced.slice(count));
      items = priced.slice(0, count);
      if (count > 0) await this.#together(signer, destination, priced.slice(0, count), load.included);
    } catch (error) {
      for (const { reject } of items) reject(error);
    }
  }

  async #together(
    signer: HostSigner,
    { address, requireStill }: Destination,
    items: readonly PricedItem[],
    included: () => void,
  ): Promise<void> {
    let sent: Included;
    try {
      const prepare = async () => batchTransaction(this.#connection.api, address, items);
      sent = await this.#queue.send(signer, prepare, included);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      // Nothing was done. What kept the whole from being taken may be no matter to most of them.
      await Promise.all(items.map((item) => this.#alone(signer, item)));
      return;
    }
    const { receipt, events } = sent;
    await requireStill(receipt);
    const ends = endsOf(this.#connection.api, events, items.length);
    await Promise.all(
      items.map(async (item, index) => {
        const end = ends[index];
        if (end?.done) item.resolve({ receipt, emitted: await this.#contract.emitted(end.events) });
        else await this.#alone(signer, item);
      }),
    );
  }

  /** Tries a call first, and so finds out why it is refused; or sends it, with gas of its own. */
  async #alone(signer: HostSigner, { call, parser, resolve, reject }: Item, included?: () => void): Promise<void> {
    await this.#contract.tell(signer, call.message, call.data, parser, 0n, included).then(resolve, reject);
  }

  /** With the gas that a message took when it was tried last; what its first call is refused for is told at once. */
  async #priced(signer: HostSigner, contract: AccountId, items: readonly Item[]): Promise<PricedItem[]> {
    const priced: PricedItem[] = [];
    for (const item of items) {
      const { message, data } = item.call;
      const key = `${contract} ${message}`;
      let known = this.#gas.get(key);
      if (known === undefined || performance.now() - known.at > GAS_HOLDS_MS) {
        try {
          const run = await this.#contract.tryOut(signer.address, message, data, item.parser);
          known = { gas: widen(run.gas), at: performance.now() };
        } catch (error) {
          if (!(error instanceof ChainError)) throw error;
          item.reject(error);
          continue;
        }
        this.#gas.set(key, known);
      }
      priced.push({ ...item, gas: known.gas, data });
    }
    return priced;
  }
}
