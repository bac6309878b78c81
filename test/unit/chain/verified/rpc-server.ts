import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** What a node answers; throws what it answers with an error. */
export type Answers = (method: string, params: readonly unknown[]) => unknown;

/** The answer to a call that begins a subscription: what is told after it. */
export class Notices {
  readonly method: string;
  readonly results: readonly unknown[];

  constructor(method: string, results: readonly unknown[]) {
    this.method = method;
    this.results = results;
  }
}

export interface RpcServer {
  readonly url: string;
  /** How often each method was asked. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Serves answers as JSON-RPC over WebSocket on a free port of the loopback address. */
export async function serveRpc(answers: Answers): Promise<RpcServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  const asked = new Map<string, number>();
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data)) as { id: number; method: string; params: unknown[] };
      asked.set(method, (asked.get(method) ?? 0) + 1);
      try {
        const result = answers(method, params) ?? null;
        const notices = result instanceof Notices ? result : undefined;
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: notices ? 'S1' : result }));
        for (const told of notices?.results ?? []) {
          const notice = { subscription: 'S1', result: told };
          socket.send(JSON.stringify({ jsonrpc: '2.0', method: notices?.method, params: notice }));
        }
      } catch (error) {
        const { message } = error as Error;
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message } }));
      }
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same answers, but for one method's, which `change` makes a lie. */
export function lying(
  answers: Answers,
  method: string,
  change: (answer: unknown, params: readonly unknown[]) => unknown,
): Answers {
  return (asked, params) => {
    const answer = answers(asked, params);
    return asked === method ? change(structuredClone(answer), params) : answer;
  };
}
