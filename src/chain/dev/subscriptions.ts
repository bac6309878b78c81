import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DevChain } from './chain.ts';
import type { StoredBlock } from './database.ts';
import { RuntimeFailure } from './executor/failure.ts';
import { decodeHeader } from './header.ts';
import { type Hex, toHex } from './hex.ts';
import { submit } from './rpc.ts';
import { RpcError } from './rpc-types.ts';
import { decodeVersion } from './version.ts';

/** Sends one notification of a subscription. */
export type Notify = (method: string, subscription: string, result: unknown) => void;

/** What is sent for a subscription, and how to end it. */
type Start = (
  params: readonly unknown[],
  send: (result: unknown) => void,
  end: () => void,
) => (() => void) | Promise<() => void>;

const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value));
const MAX_SUBSCRIPTIONS = 256;
const MAX_KEYS = 1_000;
const FINALIZED_DELAY_MS = 100;

/** The subscriptions of one connection. */
export class Subscriptions {
  readonly #notify: Notify;
  readonly #open = new Map<string, () => void>();
  readonly #starts: Readonly<Record<string, { notification: string; start: Start }>>;

  constructor(chain: DevChain, notify: Notify) {
    this.#notify = notify;
    const heads = { start: subscribeHeads(chain) };
    this.#starts = {
      chain_subscribeNewHead: { notification: 'chain_newHead', ...heads },
      chain_subscribeNewHeads: { notification: 'chain_newHead', ...heads },
      chain_subscribeAllHeads: { notification: 'chain_allHead', ...heads },
      chain_subscribeFinalizedHeads: { notification: 'chain_finalizedHead', ...heads },
      state_subscribeRuntimeVersion: { notification: 'state_runtimeVersion', start: subscribeVersion(chain) },
      state_subscribeStorage: { notification: 'state_storage', start: subscribeStorage(chain) },
      author_submitAndWatchExtrinsic: { notification: 'author_extrinsicUpdate', start: submitAndWatch(chain) },
    };
  }

  get methods(): string[] {
    return Object.keys(this.#starts);
  }

  /** Whether this is the method that starts or ends a subscription. */
  handles(method: string): boolean {
    return method in this.#starts || /^(chain|state|author)_un(subscribe|watch)/.test(method);
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const kind = this.#starts[method];
    if (kind === undefined) return this.#end(String(params[0]));
    if (this.#open.size >= MAX_SUBSCRIPTIONS) throw new RpcError(-32006, 'Too many subscriptions on this connection');
    const id = randomBytes(8).toString('hex');
    // Notifications wait until the answer with the id is out.
    const queue: unknown[] = [];
    let announced = false;
    const send = (result: unknown): void => {
      if (!this.#open.has(id)) return;
      if (announced) this.#notify(kind.notification, id, result);
      else queue.push(result);
    };
    this.#open.set(id, () => {});
    try {
      const stop = await kind.start(params, send, () => this.#end(id));
      if (this.#open.has(id)) this.#open.set(id, stop);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    setImmediate(() => {
      announced = true;
      for (const result of queue) this.#notify(kind.notification, id, result);
    });
    return id;
  }

  close(): void {
    for (const id of this.#open.keys()) this.#end(id);
  }

  #end(id: string): boolean {
    this.#open.get(id)?.();
    return this.#open.delete(id);
  }
}

function subscribeHeads(chain: DevChain): Start {
  return (_params, send) => {
    const listener = (block: StoredBlock): void => send(decodeHeader(block.header));
    chain.on('head', listener);
    listener(chain.head);
    return () => chain.off('head', listener);
  };
}

function subscribeVersion(chain: DevChain): Start {
  return (_params, send) => {
    let last = '';
    const update = (): void => {
      const encoded = chain.call('Core_version', '0x');
      if (encoded !== last) send(decodeVersion(encoded));
      last = encoded;
    };
    const listener = (): void => {
      try {
        update();
      } catch (error) {
        // A block whose runtime can't run has no version, and is a block all the same.
        if (!(error instanceof RuntimeFailure)) throw error;
      }
    };
    update();
    chain.on('head', listener);
    return () => chain.off('head', listener);
  };
}

function subscribeStorage(chain: DevChain): Start {
  return ([keys], send) => {
    const watched = z.array(hex).max(MAX_KEYS).parse(keys);
    const last = new Map<Hex, Hex | null>();
    const listener = (block: StoredBlock): void => {
      const view = chain.storageAt(block);
      const changes = watched.flatMap((key): [Hex, Hex | null][] => {
        const bytes = view?.get(key);
        const value = bytes === undefined ? null : toHex(bytes);
        if (last.get(key) === value) return [];
        last.set(key, value);
        return [[key, value]];
      });
      if (changes.length > 0) send({ block: block.hash, changes });
    };
    chain.on('head', listener);
    listener(chain.head);
    return () => chain.off('head', listener);
  };
}

function submitAndWatch(chain: DevChain): Start {
  return async ([extrinsic], send, end) => {
    const bytes = hex.parse(extrinsic);
    const stop = (): void => {
      chain.off('included', included);
      chain.off('invalid', invalid);
    };
    const included = (which: Hex, block: StoredBlock): void => {
      if (which !== bytes) return;
      stop();
      send({ inBlock: block.hash });
      // polkadot.js only shows its caller the last of several states that arrive while it fetches the block.
      setTimeout(() => {
        send({ finalized: block.hash });
        end();
      }, FINALIZED_DELAY_MS).unref();
    };
    const invalid = (which: Hex): void => {
      if (which !== bytes) return;
      stop();
      send('invalid');
      setTimeout(end, FINALIZED_DELAY_MS).unref();
    };
    chain.on('included', included);
    chain.on('invalid', invalid);
    send('ready');
    try {
      await submit(chain, bytes);
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  };
}
