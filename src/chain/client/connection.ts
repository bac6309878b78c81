import { ApiPromise, WsProvider } from '@polkadot/api';
import type { ProviderInterface } from '@polkadot/rpc-provider/types';
import { rpcDefinitions } from '@polkadot/types';
import type { DefinitionRpc, DefinitionRpcSub } from '@polkadot/types/types';
import { LogosError } from '../../system/errors.ts';
import { chainReplaced, chainUnreachable, oneLine, rpcFailed } from '../errors.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/**
 * The connection to one chain. Calls end within the time-out, whatever the other side does; a lost connection fails
 * the calls under way at once and is sought again in the background, with growing pauses.
 */
export class Connection {
  readonly url: string;
  readonly api: ApiPromise;
  readonly timeoutMs: number;
  readonly #provider: ProviderInterface;
  readonly #lost = new Set<(error: Error) => void>();
  readonly #found = new Set<() => void>();
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #replaced = false;

  private constructor(url: string, provider: ProviderInterface, api: ApiPromise, timeoutMs: number) {
    this.url = url;
    this.api = api;
    this.timeoutMs = timeoutMs;
    this.#provider = provider;
    provider.on('disconnected', () => this.#onLost());
    provider.on('connected', () => this.#onFound());
  }

  /** Connects over WebSocket. Throws UserError `chain-unreachable` when there is no working chain within the time-out. */
  static async open(url: string, timeoutMs: number): Promise<Connection> {
    const provider = new WsProvider(url, false, {}, timeoutMs);
    const failed = new Promise<never>((_resolve, reject) => {
      // The first of these says why; `disconnected` alone comes when the other side hangs up.
      provider.on('error', (error: { message?: string; error?: { message?: string } } | undefined) => {
        reject(chainUnreachable(url, oneLine(error?.message || error?.error?.message || 'nothing answers'), error));
      });
      provider.on('disconnected', () => reject(chainUnreachable(url, 'it closed the connection')));
    });
    failed.catch(() => {});
    try {
      await provider.connect();
      return await Connection.over(url, provider, timeoutMs, failed);
    } catch (error) {
      await provider.disconnect().catch(() => {});
      throw error;
    }
  }

  /** Takes a provider that is connecting, or needs no connection. */
  static async over(
    url: string,
    provider: ProviderInterface,
    timeoutMs: number,
    failed?: Promise<never>,
  ): Promise<Connection> {
    const api = new ApiPromise({ provider, noInitWarn: true, rpc: quietRpc() });
    try {
      const ready = api.isReadyOrError.catch((cause: unknown) => {
        throw chainUnreachable(url, oneLine(cause instanceof Error ? cause.message : String(cause)), cause);
      });
      await within(Promise.race(failed ? [ready, failed] : [ready]), timeoutMs, () =>
        chainUnreachable(url, `no answer within ${timeoutMs} ms`),
      );
    } catch (error) {
      await api.disconnect().catch(() => {});
      throw error;
    }
    return new Connection(url, provider, api, timeoutMs);
  }

  /** Does something on the chain within the time-out, or another; `what` names it in errors. */
  async run<T>(what: string, work: () => Promise<T>, timeoutMs = this.timeoutMs): Promise<T> {
    if (this.#closed) throw chainUnreachable(this.url, 'the connection was closed');
    if (this.#replaced) throw chainReplaced(this.url);
    if (!this.#provider.isConnected) throw chainUnreachable(this.url, 'the connection is lost');
    let stopListening = (): void => {};
    const lost = new Promise<never>((_resolve, reject) => {
      this.#lost.add(reject);
      stopListening = () => this.#lost.delete(reject);
    });
    try {
      return await within(Promise.race([work(), lost]), timeoutMs, () =>
        chainUnreachable(this.url, `no answer about ${what} within ${timeoutMs} ms`),
      );
    } catch (error) {
      if (error instanceof LogosError) throw error;
      if (!this.#provider.isConnected) throw chainUnreachable(this.url, 'the connection was lost', error);
      throw rpcFailed(what, error instanceof Error ? error : new Error(String(error)));
    } finally {
      stopListening();
    }
  }

  /** Calls back whenever a lost connection is there again. */
  onFound(listener: () => void): void {
    this.#found.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#rejectAll('the connection was closed');
    await this.api.disconnect();
  }

  #onLost(): void {
    this.#rejectAll('the connection was lost');
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#provider.connect().catch(() => this.#onLost());
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #onFound(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#checkSame()
      .then((same) => {
        this.#replaced = !same;
        if (same) for (const listener of this.#found) listener();
      })
      .catch(() => {}); // lost again: the next time it is found decides
  }

  async #checkSame(): Promise<boolean> {
    const genesis: unknown = await this.#provider.send('chain_getBlockHash', [0]);
    return genesis === this.api.genesisHash.toHex();
  }

  #rejectAll(why: string): void {
    for (const reject of this.#lost) reject(chainUnreachable(this.url, why));
    this.#lost.clear();
  }
}

async function within<T>(work: Promise<T>, milliseconds: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // it may fail later, when nobody waits any more
  }
}

/** polkadot.js prints every failed call to the console; who asked is told, and prints it or not. */
function quietRpc(): Record<string, Record<string, DefinitionRpc | DefinitionRpcSub>> {
  const sections = Object.entries<Record<string, DefinitionRpc | DefinitionRpcSub>>(rpcDefinitions);
  return Object.fromEntries(
    sections.map(([section, methods]) => [
      section,
      Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, { ...method, noErrorLog: true }])),
    ]),
  );
}
