import { ApiPromise, WsProvider } from '@polkadot/api';
import type { ProviderInterface } from '@polkadot/rpc-provider/types';
import { rpcDefinitions } from '@polkadot/types';
import type { DefinitionRpc, DefinitionRpcSub } from '@polkadot/types/types';
import { LogosError } from '../../system/errors.ts';
import { chainReplaced, chainUnreachable, oneLine } from '../errors.ts';
import { callFailure, connectFailure } from './busy.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** How long calls that began under the runtime before may go on: a transaction waits for its block and for finality. */
const RETIRE_MS = 90_000;

export interface ConnectionOptions {
  /**
   * Begin anew with each new runtime: an open connection of polkadot.js reads what the one wrote by the types of the other.
   * For who stays connected for long.
   */
  followRuntime?: boolean;
}

/** One connection of polkadot.js, with the types of one runtime. */
interface Link {
  readonly provider: ProviderInterface;
  readonly api: ApiPromise;
  readonly specVersion: number;
  /** Calls under way, each with how it is told that the connection is lost. */
  readonly calls: Set<(error: Error) => void>;
}

/**
 * The connection to one chain. Calls end within the time-out, whatever the other side does; a lost connection fails
 * the calls under way at once and is sought again in the background, with growing pauses.
 */
export class Connection {
  readonly url: string;
  readonly timeoutMs: number;
  readonly #follow: boolean;
  readonly #found = new Set<() => void>();
  readonly #retired = new Set<Link>();
  #link: Link;
  #renewing: Promise<void> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #replaced = false;
  /** Of the chain that was connected to first: no other one is taken for it later. */
  readonly #genesis: string;

  private constructor(url: string, link: Link, timeoutMs: number, follow: boolean) {
    this.url = url;
    this.timeoutMs = timeoutMs;
    this.#follow = follow;
    this.#link = link;
    this.#genesis = link.api.genesisHash.toHex();
    this.#use(link);
  }

  /** Of the runtime that the chain has now: ask for it anew rather than keep it. */
  get api(): ApiPromise {
    return this.#link.api;
  }

  /** Connects over WebSocket. Throws UserError `chain-unreachable` when there is no working chain within the time-out. */
  static async open(url: string, timeoutMs: number, options: ConnectionOptions = {}): Promise<Connection> {
    return new Connection(url, await openLink(url, timeoutMs), timeoutMs, options.followRuntime ?? false);
  }

  /** Takes a provider that is connecting, or needs no connection. */
  static async over(url: string, provider: ProviderInterface, timeoutMs: number): Promise<Connection> {
    return new Connection(url, await linkOver(url, provider, timeoutMs), timeoutMs, false);
  }

  /** Keeps what is connected now from being closed after a change of the runtime, until it is released. */
  hold(): { api: ApiPromise; release: () => void } {
    const link = this.#link;
    const call = (): void => {};
    link.calls.add(call);
    return { api: link.api, release: () => this.#done(link, call) };
  }

  /** Does something on the chain within the time-out, or another; `what` names it in errors. */
  async run<T>(what: string, work: () => Promise<T>, timeoutMs = this.timeoutMs): Promise<T> {
    await this.#renewing;
    if (this.#closed) throw chainUnreachable(this.url, 'the connection was closed');
    if (this.#replaced) throw chainReplaced(this.url);
    const link = this.#link;
    if (!link.provider.isConnected) throw chainUnreachable(this.url, 'the connection is lost');
    let call: (error: Error) => void = () => {};
    const lost = new Promise<never>((_resolve, reject) => {
      call = reject;
      link.calls.add(reject);
    });
    try {
      return await within(Promise.race([work(), lost]), timeoutMs, () =>
        chainUnreachable(this.url, `no answer about ${what} within ${timeoutMs} ms`),
      );
    } catch (error) {
      if (error instanceof LogosError) throw error;
      if (!link.provider.isConnected) throw chainUnreachable(this.url, 'the connection was lost', error);
      throw callFailure(this.url, what, error);
    } finally {
      this.#done(link, call);
    }
  }

  /** Whether the chain has another runtime than `api` knew at first; from then on it knows the new one. */
  async renewed(api: ApiPromise): Promise<boolean> {
    if (!this.#follow) return false;
    await this.#renewing;
    if (this.#link.api !== api) return true;
    const version: unknown = await this.run('its runtime', () =>
      this.#link.provider.send('state_getRuntimeVersion', []),
    );
    await this.#onVersion(specVersionIn(version));
    return this.#link.api !== api;
  }

  /** Calls back whenever a lost connection is there again, and when another took its place. */
  onFound(listener: () => void): void {
    this.#found.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#renewing;
    for (const link of this.#retired) this.#end(link);
    rejectAll(this.#link, chainUnreachable(this.url, 'the connection was closed'));
    await this.api.disconnect();
  }

  #use(link: Link): void {
    link.provider.on('disconnected', () => this.#onLost(link));
    link.provider.on('connected', () => this.#onFound(link));
    if (!this.#follow) return;
    link.api.rpc.state
      .subscribeRuntimeVersion((version) => {
        if (link === this.#link) void this.#onVersion(version.specVersion.toNumber());
      })
      .catch(() => {}); // lost at once: it is sought again, with all that was subscribed to
  }

  /** Takes a new connection when the runtime is another one; a chain that can't be reached is met with again when it is back. */
  #onVersion(specVersion: number | undefined): Promise<void> {
    const known = this.#link.specVersion;
    if (this.#closed || specVersion === undefined || specVersion === known) return Promise.resolve();
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    const old = this.#link;
    let link: Link;
    try {
      link = await openLink(this.url, this.timeoutMs);
    } catch {
      return;
    }
    this.#replaced = link.api.genesisHash.toHex() !== this.#genesis;
    this.#link = link;
    this.#use(link);
    this.#retired.add(old);
    if (old.calls.size === 0) this.#end(old);
    else setTimeout(() => this.#end(old), RETIRE_MS).unref();
    for (const listener of this.#found) listener();
  }

  #done(link: Link, call: (error: Error) => void): void {
    link.calls.delete(call);
    if (this.#retired.has(link) && link.calls.size === 0) this.#end(link);
  }

  #end(link: Link): void {
    if (!this.#retired.delete(link)) return;
    rejectAll(link, chainUnreachable(this.url, 'its runtime was replaced'));
    link.api.disconnect().catch(() => {});
  }

  #onLost(link: Link): void {
    rejectAll(link, chainUnreachable(this.url, 'the connection was lost'));
    if (this.#closed || link !== this.#link) return;
    this.#retry = setTimeout(() => {
      link.provider.connect().catch(() => this.#onLost(link));
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #onFound(link: Link): void {
    if (link !== this.#link) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#checkSame(link)
      .then((same) => {
        this.#replaced = !same;
        if (same) for (const listener of this.#found) listener();
      })
      .catch(() => {}); // lost again: the next time it is found decides
  }

  async #checkSame({ provider }: Link): Promise<boolean> {
    const genesis: unknown = await provider.send('chain_getBlockHash', [0]);
    return genesis === this.#genesis;
  }
}

async function openLink(url: string, timeoutMs: number): Promise<Link> {
  const provider = new WsProvider(url, false, {}, timeoutMs);
  let refused = false;
  const failed = new Promise<never>((_resolve, reject) => {
    // The first of these says why; `disconnected` alone comes when the other side hangs up.
    provider.on('error', (error: { message?: string; error?: { message?: string } } | undefined) => {
      refused = true;
      reject(chainUnreachable(url, oneLine(error?.message || error?.error?.message || 'nothing answers'), error));
    });
    provider.on('disconnected', () => reject(chainUnreachable(url, 'it closed the connection')));
  });
  failed.catch(() => {});
  try {
    await provider.connect();
    return await linkOver(url, provider, timeoutMs, failed);
  } catch (error) {
    await provider.disconnect().catch(() => {});
    throw refused ? await connectFailure(url, error) : error;
  }
}

async function linkOver(
  url: string,
  provider: ProviderInterface,
  timeoutMs: number,
  failed?: Promise<never>,
): Promise<Link> {
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
  // Taken down now: polkadot.js changes its own note with the runtime, and keeps the types that it mixes.
  return { provider, api, calls: new Set(), specVersion: api.runtimeVersion.specVersion.toNumber() };
}

function rejectAll({ calls }: Link, error: Error): void {
  for (const reject of calls) reject(error);
  calls.clear();
}

function specVersionIn(version: unknown): number | undefined {
  const { specVersion } = (version ?? {}) as { specVersion?: unknown };
  return typeof specVersion === 'number' ? specVersion : undefined;
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
