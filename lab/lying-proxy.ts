import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** Asks the chain behind the proxy itself. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** What is answered in place of the chain's answer. */
export type Lie = (answer: unknown, params: readonly unknown[], ask: Ask) => unknown;

/** A server between a program and a chain, which passes everything on but what it was told to lie about. */
export interface LyingProxy {
  readonly url: string;
  /** By the method that was called. What is not named is answered as the chain does. */
  lies: Readonly<Record<string, Lie>>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  params?: readonly unknown[];
  result?: unknown;
}

/** Starts on a free port of the loopback address. */
export async function startLyingProxy(chain: string): Promise<LyingProxy> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const proxy: LyingProxy = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lies: {},
    close: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (client) => {
    const behind = new WebSocket(chain);
    const opened = once(behind, 'open');
    const asked = new Map<number, Message>();
    client.on('message', async (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) asked.set(message.id, message);
      await opened;
      behind.send(String(data));
    });
    behind.on('message', async (data) => {
      const answer = JSON.parse(String(data)) as Message;
      const { method = '', params = [] } = asked.get(answer.id ?? -1) ?? {};
      const lie = proxy.lies[method];
      const ask: Ask = (of, with_) => askOnce(chain, of, with_);
      if (lie !== undefined && 'result' in answer) answer.result = await lie(answer.result, params, ask);
      client.send(JSON.stringify(answer));
    });
    behind.on('close', () => client.terminate());
    behind.on('error', () => client.terminate());
    client.on('close', () => behind.terminate());
  });
  return proxy;
}

async function askOnce(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const socket = new WebSocket(url);
  try {
    await once(socket, 'open');
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const [data] = (await once(socket, 'message')) as [unknown];
    return (JSON.parse(String(data)) as Message).result;
  } finally {
    socket.terminate();
  }
}
