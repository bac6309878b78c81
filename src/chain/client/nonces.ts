import type { AccountId } from '../types.ts';

/** A number for a transaction, held until the transaction has ended. */
export interface Nonce {
  readonly value: number;
  release(): void;
}

/**
 * Numbers of transactions that are under way at once. Each is the first that neither the chain nor a transaction of ours
 * has, so that one that another process took is passed over, and one that a dropped transaction left free is used again.
 */
export class Nonces {
  readonly #held = new Map<AccountId, Set<number>>();
  readonly #last = new Map<AccountId, Promise<unknown>>();

  /** `next`: what the chain and the pool of its node say is the account's next number. Throws what it throws. */
  take(account: AccountId, next: () => Promise<number>): Promise<Nonce> {
    const turn = (this.#last.get(account) ?? Promise.resolve()).then(async () => this.#first(account, await next()));
    this.#last.set(
      account,
      turn.catch(() => {}),
    );
    return turn;
  }

  #first(account: AccountId, from: number): Nonce {
    const held = this.#held.get(account) ?? new Set();
    this.#held.set(account, held);
    let value = from;
    while (held.has(value)) value += 1;
    held.add(value);
    return { value, release: () => held.delete(value) };
  }
}
