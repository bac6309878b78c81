import { EventEmitter } from 'node:events';
import type {
  ProviderInterface,
  ProviderInterfaceCallback,
  ProviderInterfaceEmitCb,
  ProviderInterfaceEmitted,
} from '@polkadot/rpc-provider/types';
import { z } from 'zod';
import { lightClientFailed } from './errors.ts';

/** A chain that takes and gives JSON-RPC as text, as smoldot's does. */
export interface JsonRpcChain {
  sendJsonRpc(request: string): void;
  nextJsonRpcResponse(): Promise<string>;
  remove(): void;
}

const message = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
  params: z.object({ subscription: z.union([z.string(), z.number()]), result: z.unknown().optional() }).optional(),
});
type Message = z.infer<typeof message>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The provider through which polkadot.js speaks to a light client in this process. */
export class LightProvider implements ProviderInterface {
  readonly hasSubscriptions = true;
  readonly isClonable = false;
  readonly #chain: JsonRpcChain;
  readonly #events = new EventEmitter();
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, ProviderInterfaceCallback>();
  /** What was told of a subscription before its number was known. */
  readonly #early = new Map<string, unknown[]>();
  #lastId = 0;
  #connected = true;

  constructor(chain: JsonRpcChain) {
    this.#chain = chain;
    this.#listen().catch((error: unknown) => this.#stop(error));
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  clone(): ProviderInterface {
    throw new Error('a light client has one connection to its chain');
  }

  /** It is connected from the beginning, and stays so until it is closed. */
  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {
    if (!this.#connected) return;
    this.#stop(new Error('it was closed'));
    end(this.#chain);
  }

  on(type: ProviderInterfaceEmitted, listener: ProviderInterfaceEmitCb): () => void {
    this.#events.on(type, listener);
    if (type === 'connected' && this.#connected) queueMicrotask(() => listener());
    return () => this.#events.off(type, listener);
  }

  send<T>(method: string, params: unknown[]): Promise<T> {
    if (!this.#connected) return Promise.reject(lightClientFailed('it was closed'));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#chain.sendJsonRpc(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  async subscribe(
    _type: string,
    method: string,
    params: unknown[],
    listener: ProviderInterfaceCallback,
  ): Promise<number | string> {
    const id = await this.send<number | string>(method, params);
    this.#listeners.set(String(id), listener);
    for (const result of this.#early.get(String(id)) ?? []) listener(null, result);
    this.#early.delete(String(id));
    return id;
  }

  async unsubscribe(_type: string, method: string, id: number | string): Promise<boolean> {
    this.#listeners.delete(String(id));
    return this.#connected ? this.send<boolean>(method, [id]) : true;
  }

  async #listen(): Promise<void> {
    while (this.#connected) this.#take(message.parse(JSON.parse(await this.#chain.nextJsonRpcResponse())));
  }

  #take({ id, result, error, params }: Message): void {
    if (params !== undefined) this.#tell(String(params.subscription), params.result);
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) return;
    this.#waiting.delete(id as number);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(Object.assign(new Error(`${error.code}: ${error.message}`), { code: error.code }));
  }

  #tell(subscription: string, result: unknown): void {
    const listener = this.#listeners.get(subscription);
    const early = this.#early.get(subscription) ?? [];
    if (listener !== undefined) listener(null, result);
    else if (this.#early.size < MAX_EARLY) this.#early.set(subscription, [...early, result]);
  }

  #stop(error: unknown): void {
    if (!this.#connected) return;
    this.#connected = false;
    const failure = lightClientFailed(error instanceof Error ? error.message : String(error), error);
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
    this.#events.emit('disconnected');
  }
}

/** Notices of subscriptions that were ended come late, too: they are not kept for ever. */
const MAX_EARLY = 16;

/** Ends a chain; one whose client has ended is ended already, and says so by throwing. */
export function end(chain: JsonRpcChain): void {
  try {
    chain.remove();
  } catch {}
}
