import type { ChainHead } from '../types.ts';
import type { Connection } from './connection.ts';

export async function readHead(connection: Connection): Promise<ChainHead> {
  return connection.run('its head', async () => {
    // Looked up here: a change of the runtime is waited for before, and puts another connection in place.
    const { chain } = connection.api.rpc;
    // Asked for in this order, the finalized block is never above the best one.
    const final = await chain.getHeader(await chain.getFinalizedHead());
    const best = await chain.getHeader();
    return { height: best.number.toNumber(), hash: best.hash.toHex(), finalized: final.number.toNumber() };
  });
}

/** One subscription to new blocks, shared by all listeners and begun anew when the connection comes back. */
export class Heads {
  readonly #connection: Connection;
  readonly #listeners = new Set<(head: ChainHead) => void>();
  #stop: (() => void) | undefined;
  #starting = false;
  /** The connection of polkadot.js that the subscription is of. */
  #of: unknown;
  #last = '';

  constructor(connection: Connection) {
    this.#connection = connection;
    // The provider renews its subscriptions by itself; one that could not even begin, or that was of a connection before,
    // is begun here.
    connection.onFound(() => {
      if (this.#of !== connection.api) this.#stop = undefined;
      this.#start();
      this.#announce();
    });
  }

  add(listener: (head: ChainHead) => void): () => void {
    this.#listeners.add(listener);
    this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #start(): void {
    if (this.#stop || this.#starting || this.#listeners.size === 0) return;
    this.#starting = true;
    this.#of = this.#connection.api;
    this.#connection
      .run('new blocks', () => this.#connection.api.rpc.chain.subscribeNewHeads(() => this.#announce()))
      .then((stop) => {
        if (this.#listeners.size > 0) this.#stop = stop;
        else stop();
      })
      .catch(() => {})
      .finally(() => {
        this.#starting = false;
      });
  }

  #announce(): void {
    if (this.#listeners.size === 0) return;
    readHead(this.#connection)
      .then((head) => {
        if (head.hash === this.#last) return;
        this.#last = head.hash;
        for (const listener of this.#listeners) listener(head);
      })
      .catch(() => {}); // lost: the next head is announced when the connection is back
  }
}
