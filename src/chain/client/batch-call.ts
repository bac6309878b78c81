import type { ApiPromise } from '@polkadot/api';
import type { EventRecord } from '@polkadot/types/interfaces';
import { compact } from 'scale-ts';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import { decodeAccount } from '../ss58.ts';
import type { AccountId } from '../types.ts';
import type { Gas } from './contract.ts';
import type { Transaction } from './transactions.ts';

/** A call in a batch. `data`: message and arguments with their length. */
export interface BatchItem {
  readonly gas: Gas;
  readonly data: Uint8Array;
}

/** Items in one transaction at most: more would save nothing, and wait for each other. */
export const MAX_ITEMS = 128;
const MAX_BYTES = 128 * 1024;
/** What an item weighs besides its gas, with much to spare: being called through the registry and counted (picoseconds). */
const ITEM_REF_TIME = 500_000_000n;

const weight = z.looseObject({ refTime: z.coerce.bigint(), proofSize: z.coerce.bigint() });
const blockWeights = z.looseObject({
  perClass: z.looseObject({ normal: z.looseObject({ maxExtrinsic: weight }) }),
});

/** Whether the runtime takes calls of contracts in batches of which each item ends by itself. */
export function takesBatches(api: ApiPromise): boolean {
  return api.tx.scl?.callContract !== undefined && api.tx.utility?.forceBatch !== undefined;
}

/** How many of `items`, from the first, fit one transaction that leaves half of a block to others; one at least, unless there is none. */
export function fitting(api: ApiPromise, items: readonly BatchItem[]): number {
  const parsed = blockWeights.safeParse(api.consts.system?.blockWeights?.toJSON());
  if (!parsed.success) throw answerInvalid('the weight of its blocks', parsed.error);
  const { refTime, proofSize } = parsed.data.perClass.normal.maxExtrinsic;
  const left = { refTime: refTime / 2n, proofSize: proofSize / 2n, bytes: MAX_BYTES };
  const count = items.slice(0, MAX_ITEMS).findIndex(({ gas, data }) => {
    left.refTime -= gas.refTime + ITEM_REF_TIME;
    left.proofSize -= gas.proofSize;
    left.bytes -= data.length;
    return left.refTime < 0n || left.proofSize < 0n || left.bytes < 0;
  });
  return count < 0 ? Math.min(items.length, MAX_ITEMS) : Math.max(count, 1);
}

/** `utility.forceBatch` of `scl.callContract` calls, in SCALE: polkadot.js is slow at making one of each. */
export function batchTransaction(api: ApiPromise, contract: AccountId, items: readonly BatchItem[]): Transaction {
  const forceBatch = api.tx.utility?.forceBatch;
  const callContract = api.tx.scl?.callContract;
  if (forceBatch === undefined || callContract === undefined) throw answerInvalid('its batches');
  const begin = Buffer.concat([callContract.callIndex, decodeAccount(contract), NO_PAYMENT]);
  const calls = items.flatMap(({ gas, data }) => [
    begin,
    compact.enc(gas.refTime),
    compact.enc(gas.proofSize),
    NO_DEPOSIT_LIMIT,
    data,
  ]);
  const bytes = Buffer.concat([forceBatch.callIndex, compact.enc(items.length), ...calls]);
  return api.tx(api.registry.createType('Call', new Uint8Array(bytes)));
}

const NO_PAYMENT = compact.enc(0);
const NO_DEPOSIT_LIMIT = Uint8Array.of(0);

/** How one item of a batch ended. */
export interface ItemEnd {
  readonly done: boolean;
  readonly events: readonly EventRecord[];
}

/** The ends of a batch's items, in their order, from the events of its transaction. */
export function endsOf(api: ApiPromise, events: readonly EventRecord[], items: number): ItemEnd[] {
  const ends: ItemEnd[] = [];
  let own: EventRecord[] = [];
  for (const record of events) {
    const done = api.events.utility?.ItemCompleted?.is(record.event) === true;
    const failed = api.events.utility?.ItemFailed?.is(record.event) === true;
    if (!done && !failed) {
      own.push(record);
      continue;
    }
    ends.push({ done, events: own });
    own = [];
  }
  if (ends.length !== items) throw answerInvalid('a batch');
  return ends;
}
