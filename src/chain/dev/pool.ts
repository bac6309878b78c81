import type { StoredBlock } from './database.ts';
import { signerOf } from './extrinsics.ts';
import type { Hex } from './hex.ts';

const LIMIT = 512;

/** What became of a submitted transaction. */
export type Inclusion = { status: 'in-block'; block: StoredBlock } | { status: 'pooled' };

/** Why a transaction was not taken; JSON-RPC error 1010. */
export class TransactionRefused extends Error {}

/** A transaction that waits for a block. */
export interface Pooled {
  readonly extrinsic: Hex;
  readonly settle: (outcome: Inclusion | TransactionRefused) => void;
  /** Whether its turn comes only after another transaction of its signer. */
  future: boolean;
  /** Whether it found no room in a block that held nothing else. */
  tooLarge: boolean;
}

/** The transactions that wait for a block, in the order in which they came. */
export class Pool {
  #waiting: Pooled[] = [];

  get extrinsics(): Hex[] {
    return this.#waiting.map(({ extrinsic }) => extrinsic);
  }

  /** Those whose turn it is. */
  get ready(): readonly Pooled[] {
    return this.#waiting.filter(({ future }) => !future);
  }

  /** Lets a transaction wait; the answer comes when it is known what becomes of it. Throws TransactionRefused. */
  async add(extrinsic: Hex): Promise<Inclusion> {
    if (this.#waiting.length >= LIMIT) throw new TransactionRefused('The transaction pool is full');
    if (this.#waiting.some((pooled) => pooled.extrinsic === extrinsic)) {
      throw new TransactionRefused('Transaction is already imported');
    }
    const outcome = await new Promise<Inclusion | TransactionRefused>((settle) => {
      this.#waiting.push({ extrinsic, settle, future: false, tooLarge: false });
    });
    if (outcome instanceof TransactionRefused) throw outcome;
    return outcome;
  }

  /** Keeps a transaction until another of its signer was included. */
  defer(pooled: Pooled): void {
    pooled.future = true;
    pooled.settle({ status: 'pooled' });
  }

  drop(pooled: Pooled, why: TransactionRefused): void {
    this.#waiting = this.#waiting.filter((other) => other !== pooled);
    pooled.settle(why);
  }

  include(included: readonly Pooled[], block: StoredBlock): void {
    this.#waiting = this.#waiting.filter((pooled) => !included.includes(pooled));
    const signers = new Set(included.map(({ extrinsic }) => signerOf(extrinsic)));
    for (const pooled of this.#waiting) if (signers.has(signerOf(pooled.extrinsic))) pooled.future = false;
    for (const { settle } of included) settle({ status: 'in-block', block });
  }
}
