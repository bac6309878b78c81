import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { listen } from '../../../src/chain/dev/server.ts';
import { connectChain, startDevChain } from '../../../src/chain/index.ts';

function occupied(): Promise<{ port: number; close(): void }> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => server.close() });
    });
  });
}

describe("the development chain's port", () => {
  it('that is taken is reported before anything is written', async () => {
    const root = await mkdtemp(join(tmpdir(), 'logos-port-'));
    const other = await occupied();
    await expect(startDevChain({ port: other.port, directory: join(root, 'chain') })).rejects.toMatchObject({
      code: 'port-taken',
      nextSteps: [expect.stringContaining('--port'), expect.stringContaining(`${other.port}`)],
    });
    expect(await readdir(root)).toEqual([]);
    other.close();
    await rm(root, { recursive: true });
  });

  it('is on the loopback address and refuses everybody until there is a chain', async () => {
    const server = await listen(0);
    const refused = await new Promise((resolve) => {
      new WebSocket(`ws://127.0.0.1:${server.port}`).on('error', (error) => resolve(error.message));
    });
    expect(refused).toContain('503');
    await expect(listen(server.port)).rejects.toMatchObject({ code: 'port-taken' });
    await server.close();
  });

  it('refuses web pages of other sites', async () => {
    const server = await listen(0);
    const message = await new Promise((resolve) => {
      const url = `ws://127.0.0.1:${server.port}`;
      new WebSocket(url, { origin: 'https://evil.example' }).on('error', (error) => resolve(error.message));
    });
    expect(message).toContain('403');
    await server.close();
  });
});

describe('a chain that takes connections and says nothing', () => {
  it('is given up after the time-out', async () => {
    const silent = await occupied();
    const began = performance.now();
    await expect(connectChain(`ws://127.0.0.1:${silent.port}`, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'chain-unreachable',
    });
    expect(performance.now() - began).toBeLessThan(15_000);
    silent.close();
  });
});
