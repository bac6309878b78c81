import type {
  ProviderInterface,
  ProviderInterfaceCallback,
  ProviderInterfaceEmitCb,
  ProviderInterfaceEmitted,
} from '@polkadot/rpc-provider/types';
import type { DevChain } from './chain.ts';
import { rpcMethods } from './rpc.ts';
import type { RpcMethods } from './rpc-types.ts';
import { dispatch } from './server.ts';
import { Subscriptions } from './subscriptions.ts';

/** Lets polkadot.js talk to a chain of this very process, before its port answers anyone. */
export class LocalProvider implements ProviderInterface {
  readonly hasSubscriptions = true;
  readonly isClonable = false;
  readonly isConnected = true;
  readonly #methods: RpcMethods;
  readonly #subscriptions: Subscriptions;
  readonly #callbacks = new Map<string, ProviderInterfaceCallback>();

  constructor(chain: DevChain) {
    this.#methods = rpcMethods(chain);
    this.#subscriptions = new Subscriptions(chain, (_method, id, result) => this.#callbacks.get(id)?.(null, result));
  }

  clone(): ProviderInterface {
    return this;
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {
    this.#subscriptions.close();
    this.#callbacks.clear();
  }

  on(type: ProviderInterfaceEmitted, listener: ProviderInterfaceEmitCb): () => void {
    if (type === 'connected') setImmediate(listener);
    return () => {};
  }

  async send<T>(method: string, params: unknown[]): Promise<T> {
    // polkadot.js expects what JSON makes of an answer, and a subscription's id as a string.
    return JSON.parse(JSON.stringify((await dispatch({ method, params }, this.#methods, this.#subscriptions)) ?? null));
  }

  async subscribe(
    _type: string,
    method: string,
    params: unknown[],
    callback: ProviderInterfaceCallback,
  ): Promise<string> {
    const id = await this.send<string>(method, params);
    this.#callbacks.set(id, callback);
    return id;
  }

  async unsubscribe(_type: string, method: string, id: number | string): Promise<boolean> {
    this.#callbacks.delete(String(id));
    return this.send<boolean>(method, [id]);
  }
}
