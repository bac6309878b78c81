import type { ApiPromise } from '@polkadot/api';
import type { Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { Hash } from '../types.ts';

const KEPT = 8;
const answer = z.object({
  block: z.object({
    header: z.object({ number: z.string().regex(/^0x[0-9a-f]{1,8}$/) }),
    extrinsics: z.array(z.string()),
  }),
});

/** What a block holds: its transactions in hexadecimal, and the events of all of them. */
interface Block {
  readonly height: number;
  readonly extrinsics: readonly string[];
  readonly events: readonly EventRecord[];
}

/** Reads blocks for the transactions that are in them; those that share a block read it once. */
export class BlockEvents {
  readonly #blocks = new Map<Hash, Promise<Block>>();

  /** Height of a block, and the events of one of its transactions. */
  async of(api: ApiPromise, hash: Hash, extrinsic: string): Promise<{ height: number; events: EventRecord[] }> {
    const { height, extrinsics, events } = await this.#block(api, hash);
    const index = extrinsics.indexOf(extrinsic);
    if (index < 0) throw answerInvalid('the block of a transaction');
    const own = events.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eqn(index));
    return { height, events: own };
  }

  #block(api: ApiPromise, hash: Hash): Promise<Block> {
    const known = this.#blocks.get(hash);
    if (known !== undefined) return known;
    const block = readBlock(api, hash);
    this.#blocks.set(hash, block);
    block.catch(() => this.#blocks.delete(hash));
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > KEPT && oldest !== undefined) this.#blocks.delete(oldest);
    return block;
  }
}

async function readBlock(api: ApiPromise, hash: Hash): Promise<Block> {
  const events = api.query.system?.events;
  if (events === undefined) throw answerInvalid('its events');
  // As the node gives it: polkadot.js would take every transaction of the block to pieces.
  const [raw, records] = await Promise.all([
    api.rpc.chain.getBlock.raw<unknown>(hash),
    events.at(hash) as unknown as Promise<Vec<EventRecord>>,
  ]);
  const parsed = answer.safeParse(raw);
  if (!parsed.success) throw answerInvalid('a block', parsed.error);
  const { header, extrinsics } = parsed.data.block;
  return { height: Number(header.number), extrinsics, events: [...records] };
}
