import { setTimeout as sleep } from 'node:timers/promises';
import { u8aToHex } from '@polkadot/util';
import { decodeAddress } from '@polkadot/util-crypto';
import { z } from 'zod';
import type { Connection } from '../client/connection.ts';
import type { BlockNumber, Hash } from '../types.ts';
import { neverIncluded, notFinal } from './errors.ts';
import type { Inclusion } from './outcome.ts';
import type { SentTransaction } from './record.ts';

/** What is known of a transaction that was sent, as of the final blocks. */
export type Standing =
  | { state: 'included'; at: Inclusion }
  | { state: 'possible' }
  | { state: 'impossible'; why: string };

const POLL_MS = 400;
const rawBlock = z.object({ block: z.object({ extrinsics: z.array(z.string()) }) });

/** Finds a transaction in final blocks, so that nothing that is found can be undone. */
export class Follower {
  readonly #connection: Connection;
  readonly #sent: SentTransaction;
  #looked: BlockNumber;

  constructor(connection: Connection, sent: SentTransaction) {
    this.#connection = connection;
    this.#sent = sent;
    this.#looked = sent.birth;
  }

  async standing(): Promise<Standing> {
    const { api } = this.#connection;
    const { birth, period, nonce } = this.#sent;
    const head = await this.#ask('final blocks', async () => {
      const hash = await api.rpc.chain.getFinalizedHead();
      const header = await api.rpc.chain.getHeader(hash);
      // Asked of the runtime, not read from its storage: this may be the transaction that brings another runtime, and
      // polkadot.js reads the one's storage by the other's types then.
      const account = u8aToHex(decodeAddress(this.#sent.account));
      const answer = await api.rpc.state.call('AccountNonceApi_account_nonce', account, hash);
      return { height: header.number.toNumber(), nonce: Buffer.from(answer.toU8a(true)).readUInt32LE() };
    });
    const last = Math.min(head.height, birth + period);
    while (this.#looked < last) {
      const at = await this.#inBlock(this.#looked + 1);
      if (at !== undefined) return { state: 'included', at };
      this.#looked += 1;
    }
    if (head.nonce > nonce) return { state: 'impossible', why: 'another transaction of the account took its number' };
    if (head.height >= birth + period)
      return { state: 'impossible', why: `it was valid until block ${birth + period}` };
    return { state: 'possible' };
  }

  /** Waits until it is final. Throws ExternalError `transaction-timeout` or `transaction-dropped`. */
  async untilFinal(timeoutMs: number, signal?: AbortSignal): Promise<Inclusion> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const standing = await this.standing();
      if (standing.state === 'included') return standing.at;
      if (standing.state === 'impossible') throw neverIncluded(this.#sent.hash, standing.why);
      if (performance.now() > deadline) throw notFinal(this.#sent.hash, timeoutMs);
      await sleep(POLL_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  async #inBlock(height: BlockNumber): Promise<Inclusion | undefined> {
    const { api } = this.#connection;
    return this.#ask('a block', async () => {
      const block: Hash = (await api.rpc.chain.getBlockHash(height)).toHex();
      // As it comes: decoding needs the runtime of that block, and the bytes are all that matters.
      const raw: unknown = await api.rpc.chain.getBlock.raw(block);
      const { extrinsics } = rawBlock.parse(raw).block;
      const index = extrinsics.indexOf(this.#sent.extrinsic);
      return index < 0 ? undefined : { block, height, index };
    });
  }

  async #ask<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#connection.run(what, work);
  }
}
