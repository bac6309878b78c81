import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startLabChain } from '../../lab/chain.ts';
import { hashesReady } from '../../src/chain/verified/hashes.ts';
import { TrieProof } from '../../src/chain/verified/trie-proof.ts';

/** Timestamp.Now. */
const TIMESTAMP = '0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-chain-kill-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Signed transfers of Alice's from a nonce on. */
async function transfers(url: string, count: number): Promise<{ extrinsics: string[]; nonce: number }> {
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
  const nonce = (await api.rpc.system.accountNextIndex(alice.address)).toNumber();
  const call = api.tx.balances?.transferKeepAlive?.(new Uint8Array(32).fill(9), 10n ** 12n);
  if (call === undefined) throw new Error('the chain has no transfers');
  const extrinsics: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const options = { nonce: nonce + index, era: 0, blockHash: api.genesisHash };
    extrinsics.push((await call.signAsync(alice, options)).toHex());
  }
  await api.disconnect();
  return { extrinsics, nonce };
}

/** Hands transactions in, one when the one before is in a block, until the connection breaks; gives those blocks. */
async function confirmedUntilBroken(url: string, extrinsics: readonly string[]): Promise<string[]> {
  const socket = new WebSocket(url);
  socket.on('error', () => {});
  await once(socket, 'open');
  const blocks: string[] = [];
  const next = (): void =>
    socket.send(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'author_submitAndWatchExtrinsic',
        params: [extrinsics[blocks.length]],
      }),
    );
  socket.on('message', (data) => {
    const block: unknown = JSON.parse(String(data)).params?.result?.inBlock;
    if (typeof block !== 'string') return;
    blocks.push(block);
    if (blocks.length < extrinsics.length) next();
  });
  next();
  await once(socket, 'close');
  return blocks;
}

async function ask(url: string, method: string, params: unknown[]): Promise<unknown> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  const [data] = await once(socket, 'message');
  socket.close();
  return JSON.parse(String(data)).result;
}

it('a chain that is killed at any moment has every block that it confirmed, and goes on', async () => {
  const directory = join(root, 'chain');
  let confirmed = 0;
  for (const delay of [40, 130, 310, 570, 1_000]) {
    const chain = await startLabChain({ directory });
    const { extrinsics } = await transfers(chain.url, 400);
    const broken = confirmedUntilBroken(chain.url, extrinsics);
    await sleep(delay);
    await chain.kill();
    const blocks = await broken;
    confirmed += blocks.length;
    const again = await startLabChain({ directory });
    for (const block of blocks) {
      expect(await ask(again.url, 'chain_getHeader', [block])).toMatchObject({ parentHash: expect.any(String) });
    }
    // The state is that of the last block, whole: its header commits to it.
    const head = (await ask(again.url, 'chain_getHeader', [])) as { stateRoot: string; number: string };
    const { proof } = (await ask(again.url, 'state_getReadProof', [[TIMESTAMP], null])) as { proof: string[] };
    const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.slice(2), 'hex');
    await hashesReady();
    expect(new TrieProof(proof.map(bytesOf)).read(bytesOf(head.stateRoot), bytesOf(TIMESTAMP))).toHaveLength(8);
    await ask(again.url, 'dev_newBlock', []);
    const next = (await ask(again.url, 'chain_getHeader', [])) as { number: string };
    expect(Number(next.number)).toBe(Number(head.number) + 1);
    await again.stop();
  }
  expect(confirmed).toBeGreaterThan(5);
});
