import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { LightClient } from '../../../../src/chain/light/client.ts';
import { type JsonRpcChain, LightProvider } from '../../../../src/chain/light/provider.ts';
import { serveLightClient } from '../../../../src/chain/light/server.ts';

/** A chain that answers by rule, as text, in the order of what it is told. */
class TextChain implements JsonRpcChain {
  removed = false;
  #waiting: ((text: string) => void)[] = [];
  #ready: string[] = [];
  readonly #rejects: ((error: Error) => void)[] = [];

  sendJsonRpc(request: string): void {
    if (this.removed) throw new Error('already destroyed');
    const { id, method, params } = JSON.parse(request);
    if (method === 'echo') this.say({ id, result: params });
    else if (method === 'follow') {
      // A notice may come before the answer that names the subscription.
      this.say({ method: 'followed', params: { subscription: 'S', result: 1 } });
      this.say({ id, result: 'S' });
      this.say({ method: 'followed', params: { subscription: 'S', result: 2 } });
    } else if (method === 'unfollow') this.say({ id, result: true });
    else if (method !== 'silence') this.say({ id, error: { code: -32_601, message: 'no such method' } });
  }

  nextJsonRpcResponse(): Promise<string> {
    const ready = this.#ready.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#rejects.push(reject);
    });
  }

  remove(): void {
    this.removed = true;
    for (const reject of this.#rejects) reject(new Error('already destroyed'));
  }

  say(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(text);
    else this.#ready.push(text);
  }
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('the provider of a light client', () => {
  it('answers calls, and tells of errors', async () => {
    const provider = new LightProvider(new TextChain());
    expect(provider.isConnected).toBe(true);
    expect(await Promise.all([provider.send('echo', [1]), provider.send('echo', ['b'])])).toEqual([[1], ['b']]);
    await expect(provider.send('unknown', [])).rejects.toMatchObject({
      message: '-32601: no such method',
      code: -32_601,
    });
  });

  it('tells of subscriptions, also what comes before their name', async () => {
    const provider = new LightProvider(new TextChain());
    const told: unknown[] = [];
    const id = await provider.subscribe('followed', 'follow', [], (_error, result) => told.push(result));
    await provider.send('echo', []);
    expect([id, told]).toEqual(['S', [1, 2]]);
    expect(await provider.unsubscribe('followed', 'unfollow', 'S')).toBe(true);
  });

  it('fails what is under way when it is closed, and all that comes after', async () => {
    const chain = new TextChain();
    const provider = new LightProvider(chain);
    const waiting = provider.send('silence', []);
    let lost = 0;
    provider.on('disconnected', () => {
      lost += 1;
    });
    await provider.disconnect();
    await provider.disconnect();
    await expect(waiting).rejects.toMatchObject({ code: 'light-client-failed' });
    await expect(provider.send('echo', [])).rejects.toMatchObject({ code: 'light-client-failed' });
    expect([chain.removed, provider.isConnected, lost]).toEqual([true, false, 1]);
  });

  it('ends when the chain says what is no JSON-RPC', async () => {
    const chain = new TextChain();
    const provider = new LightProvider(chain);
    const waiting = provider.send('silence', []);
    chain.say({ id: {} });
    await expect(waiting).rejects.toMatchObject({ code: 'light-client-failed' });
  });
});

describe('a light client that is served', () => {
  it('gives each connection a chain of its own, and ends it with the connection', async () => {
    const chains: TextChain[] = [];
    const client: LightClient = {
      open: async () => new LightProvider(new TextChain()),
      connect: async () => {
        const chain = new TextChain();
        chains.push(chain);
        return chain;
      },
      close: async () => {},
    };
    const server = await serveLightClient(client, 0);
    open.push(server);
    const sockets = [new WebSocket(server.url), new WebSocket(server.url)];
    const answers = await Promise.all(
      sockets.map(async (socket, index) => {
        await once(socket, 'open');
        socket.send(JSON.stringify({ id: 1, method: 'echo', params: [index] }));
        const [data] = await once(socket, 'message');
        return JSON.parse(String(data)).result;
      }),
    );
    expect(answers).toEqual([[0], [1]]);
    for (const socket of sockets) {
      socket.close();
      await once(socket, 'close');
    }
    await expect.poll(() => chains.map(({ removed }) => removed)).toEqual([true, true]);
  });
});
