import { z } from 'zod';
import { LogosError } from '../../system/errors.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { Hash } from '../types.ts';
import { hashSchema } from './codec.ts';
import { ask, type Endpoint } from './endpoint.ts';
import { endpointsFailed, finalityInvalid, headBehind } from './errors.ts';
import { checkChain, headerOf } from './finality.ts';
import { type Freshness, freshHead, type HeadSource, type VerifiedHead } from './head.ts';
import type { CheckedHeader } from './header.ts';

export interface LocalAnchor {
  /** Hash of the chain's genesis block; without it any chain is taken. */
  readonly genesis?: Hash;
  /** File that keeps the newest block that was seen. */
  readonly store?: string;
}

/** Between two writes of the newest block that was seen. */
const STORE_EVERY_MS = 60_000;

const seenSchema = z.object({ height: z.number().int().min(0), hash: hashSchema });

/**
 * Heads of a development chain on this machine. It has no finality proofs: what it calls its last final block is taken
 * for it, and only what is read from that block's state is proven. Even so it can't go back, nor become another chain.
 */
export class LocalHeads implements HeadSource {
  readonly checkpoint = undefined;
  readonly #freshness: Freshness;
  readonly #anchor: LocalAnchor;
  #seen: z.output<typeof seenSchema> | undefined;
  #stored: { hash: Hash; at: number } | undefined;

  constructor(freshness: Freshness, anchor: LocalAnchor = {}) {
    this.#freshness = freshness;
    this.#anchor = anchor;
  }

  async next(endpoints: readonly Endpoint[], onRejected: (error: LogosError) => void): Promise<VerifiedHead> {
    const { genesis, store } = this.#anchor;
    if (this.#seen === undefined && store !== undefined) this.#seen = await readJson(store, seenSchema);
    const errors: LogosError[] = [];
    for (const endpoint of endpoints) {
      try {
        if (genesis !== undefined) await checkChain(endpoint, genesis);
        const header = await headerOf(endpoint, await ask(endpoint, 'chain_getFinalizedHead', [], hashSchema));
        this.#requireOnward(endpoint, header);
        const head = await freshHead(endpoint, header, 'local', this.#freshness);
        this.#seen = { height: header.height, hash: header.hash };
        if (this.#freshness.now() - (this.#stored?.at ?? Number.NEGATIVE_INFINITY) >= STORE_EVERY_MS)
          await this.#store();
        return head;
      } catch (error) {
        if (!(error instanceof LogosError)) throw error;
        errors.push(error);
        onRejected(error);
      }
    }
    throw endpointsFailed(errors);
  }

  async close(): Promise<void> {
    await this.#store();
  }

  async #store(): Promise<void> {
    const { store } = this.#anchor;
    if (store === undefined || this.#seen === undefined || this.#stored?.hash === this.#seen.hash) return;
    await writeJson(store, this.#seen);
    this.#stored = { hash: this.#seen.hash, at: this.#freshness.now() };
  }

  #requireOnward({ name }: Endpoint, { height, hash }: CheckedHeader): void {
    const seen = this.#seen;
    if (seen === undefined || height > seen.height) return;
    if (height < seen.height) throw headBehind(name, height, seen.height);
    if (hash !== seen.hash) throw finalityInvalid(name, `block ${height} is not the one known as final`);
  }
}
