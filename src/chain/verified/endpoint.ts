import { LogosError } from '../../system/errors.ts';
import type { Parser } from '../../system/files.ts';
import { endpointUnusable } from './errors.ts';
import { JsonRpc } from './json-rpc.ts';

/** Somebody who answers questions about the chain, and is not believed. */
export interface Endpoint {
  readonly name: string;
  /** One call of the JSON-RPC. */
  send(method: string, params: readonly unknown[]): Promise<unknown>;
  /** The last notice of a subscription, which is begun when it is first asked for; or the first that comes. */
  latest(subscription: Subscription): Promise<unknown>;
  close(): Promise<void>;
}

/** A subscription of the JSON-RPC, by the names of its notices and of the call that begins it. */
export interface Subscription {
  readonly notices: string;
  readonly begin: string;
}

/** An endpoint that is reached over WebSocket, connected to when it is first asked. Each call ends within the time-out. */
export function webSocketEndpoint(url: string, timeoutMs: number): Endpoint {
  let connection: Promise<JsonRpc> | undefined;
  let notices = new Map<string, Promise<{ last: unknown }>>();
  const connected = async (): Promise<JsonRpc> => {
    const known = await connection?.catch(() => undefined);
    if (known?.isOpen) return known;
    notices = new Map();
    connection = JsonRpc.connect(url, timeoutMs);
    return connection;
  };
  return {
    name: url,
    send: (method, params) => within(timeoutMs, async () => (await connected()).send(method, params)),
    latest: (subscription) =>
      within(timeoutMs, async () => {
        const open = await connected();
        const known = notices.get(subscription.begin) ?? subscribe(open, subscription);
        notices.set(subscription.begin, known);
        known.catch(() => notices.delete(subscription.begin));
        return (await known).last;
      }),
    close: async () => (await connection?.catch(() => undefined))?.close(),
  };
}

/** Resolves with the first notice; what it gives is kept up to date with those that follow. */
function subscribe(open: JsonRpc, { notices, begin }: Subscription): Promise<{ last: unknown }> {
  return new Promise((resolve, reject) => {
    const kept: { last: unknown } = { last: undefined };
    const take = (result: unknown): void => {
      kept.last = result;
      resolve(kept);
    };
    open.subscribe(begin, notices, take).catch(reject);
  });
}

/** Asks, and checks the form of the answer. Throws ExternalError `endpoint-unusable`. */
export async function ask<T>(
  endpoint: Endpoint,
  method: string,
  params: readonly unknown[],
  parser: Parser<T>,
): Promise<T> {
  return checkedAnswer(endpoint, method, () => endpoint.send(method, params), parser);
}

/** The last notice of a subscription, likewise. */
export async function askLatest<T>(endpoint: Endpoint, subscription: Subscription, parser: Parser<T>): Promise<T> {
  return checkedAnswer(endpoint, subscription.begin, () => endpoint.latest(subscription), parser);
}

async function checkedAnswer<T>(
  endpoint: Endpoint,
  method: string,
  work: () => Promise<unknown>,
  parser: Parser<T>,
): Promise<T> {
  let answer: unknown;
  try {
    answer = await work();
  } catch (error) {
    if (error instanceof LogosError) throw error;
    throw endpointUnusable(endpoint.name, `${method}: ${(error as Error).message}`, error);
  }
  try {
    return parser.parse(answer);
  } catch (cause) {
    const found = answer === null ? 'it does not have what was asked for' : 'the answer makes no sense';
    throw endpointUnusable(endpoint.name, `${method}: ${found}`, cause);
  }
}

async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  const result = work();
  result.catch(() => {}); // it may fail later, when nobody waits any more
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
