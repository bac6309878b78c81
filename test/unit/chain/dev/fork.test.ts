import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { forkOf } from '../../../../src/chain/dev/fork.ts';
import type { Hex } from '../../../../src/chain/dev/hex.ts';
import { runDevChain } from '../../../../src/chain/dev/start.ts';
import { type OpenChain, openChain } from './open-chain.ts';

const CHILD: Hex = `0x3a6368696c645f73746f726167653a64656661756c743a${'5a'.repeat(32)}`;

let root: string;
let live: OpenChain;
let server: WebSocketServer;
let url: string;
/** Changes what the live chain answers. */
let tamper: (method: string, result: unknown) => unknown;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-fork-'));
  live = await openChain(join(root, 'live'));
  await live.chain.submit(await live.transfer(0));
  const inChild = Array.from({ length: 1_200 }, (_, index): [Hex, Uint8Array] => [
    `${CHILD}${index.toString(16).padStart(4, '0')}` as Hex,
    Uint8Array.of(1),
  ]);
  await live.chain.overwrite(new Map(inChild));
  tamper = (_method, result) => result;
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('connection', (client) => {
    client.on('message', async (data) => {
      const { id, method, params } = JSON.parse(String(data));
      const result = tamper(method, await live.rpc[method]?.(params));
      client.send(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null }));
    });
  });
});

afterEach(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
  await live.close();
  await rm(root, { recursive: true, force: true });
});

describe('a fork of a live chain', () => {
  it('has its state and its past, goes on by itself, and is there again after it was closed', async () => {
    const directory = join(root, 'fork');
    const first = await runDevChain({ port: 0, directory, fork: url });
    await first.close();
    const fork = await openChain(directory);
    expect(fork.chain.genesis).toBe(live.chain.genesis);
    expect(fork.chain.head).toMatchObject({ hash: live.chain.head.hash, number: 2 });
    expect(fork.chain.storageAt(fork.chain.head)?.hash).toBe(live.chain.storageAt(live.chain.head)?.hash);
    await fork.chain.submit(await fork.transfer(1));
    expect(fork.chain.head.number).toBe(3);
    expect(live.chain.head.number).toBe(2);
    await fork.close();
    const again = await runDevChain({ port: 0, directory, fork: url });
    await again.close();
  });

  it('needs a directory without a chain', async () => {
    const directory = join(root, 'own');
    await (await openChain(directory)).close();
    await expect(runDevChain({ port: 0, directory, fork: url })).rejects.toMatchObject({ code: 'chain-exists' });
  });

  it('is not made of a chain that leaves something out, or changes it', async () => {
    tamper = (method, result) => {
      if (method !== 'state_getKeysPaged' || !Array.isArray(result)) return result;
      return result.filter((_key, index) => index !== 3);
    };
    await expect(forkOf(url)).rejects.toMatchObject({ code: 'chain-answer-invalid' });
    tamper = (method, result) =>
      method === 'childstate_getStorageEntries' ? ['0x02', ...(result as Hex[]).slice(1)] : result;
    await expect(forkOf(url)).rejects.toMatchObject({ code: 'chain-answer-invalid' });
    tamper = (method, result) => (method === 'chain_getHeader' ? { ...(result as object), number: '0x7' } : result);
    await expect(forkOf(url)).rejects.toMatchObject({ code: 'chain-answer-invalid' });
    tamper = (method, result) => (method === 'state_getRuntimeVersion' ? { specName: 'other' } : result);
    await expect(forkOf(url)).rejects.toMatchObject({ code: 'chain-not-logos' });
  });

  it('of nobody says so', async () => {
    await expect(forkOf('ws://127.0.0.1:9')).rejects.toMatchObject({ code: 'chain-unreachable' });
    await expect(forkOf('http://127.0.0.1:9')).rejects.toMatchObject({ code: 'chain-url-invalid' });
  });
});
