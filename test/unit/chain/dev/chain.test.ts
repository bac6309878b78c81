import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CODE_KEY } from '../../../../src/chain/dev/genesis.ts';
import { decodeHeader } from '../../../../src/chain/dev/header.ts';
import { fromHex, type Hex, toHex } from '../../../../src/chain/dev/hex.ts';
import { orderedRoot } from '../../../../src/chain/dev/trie/ordered.ts';
import { runtimeVersions } from '../../../../src/chain/dev/upgrade.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { TrieProof } from '../../../../src/chain/verified/trie-proof.ts';
import { type OpenChain, openChain } from './open-chain.ts';

const NOW = Date.UTC(2026, 0, 1);
const KEY: Hex = '0xabcd';

let directory: string;
let open: OpenChain;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-dev-chain-'));
  open = await openChain(directory, () => NOW);
});
afterEach(async () => {
  await open.close();
  await rm(directory, { recursive: true, force: true });
});

async function reopen(): Promise<void> {
  await open.close();
  open = await openChain(directory, () => NOW);
}

const time = async (): Promise<number> => Number(await open.api.query.timestamp?.now?.());

describe('a block', () => {
  it('has a header that is true of its state, its transactions and the block before', async () => {
    const { chain } = open;
    for (const nonce of [0, 1, 2]) await chain.submit(await open.transfer(nonce));
    for (let number = 1; number <= 3; number += 1) {
      const [parent, block] = [chain.blockAt(number - 1), chain.blockAt(number)];
      if (parent === undefined || block === undefined) throw new Error(`block ${number} is missing`);
      const header = decodeHeader(block.header);
      expect(header.parentHash).toBe(parent.hash);
      expect(header.stateRoot).toBe(chain.storageAt(block)?.hash);
      expect(header.extrinsicsRoot).toBe(toHex(orderedRoot(block.extrinsics.map(fromHex), 0)));
      expect(block.extrinsics.length).toBe(2);
    }
  });

  it('keeps its state after the process came back, as it was', async () => {
    for (const nonce of [0, 1]) await open.chain.submit(await open.transfer(nonce));
    await open.chain.build();
    await reopen();
    for (let number = 0; number <= 3; number += 1) {
      const block = open.chain.blockAt(number);
      expect(block && open.chain.storageAt(block)?.hash).toBe(block && decodeHeader(block.header).stateRoot);
    }
  });

  it('can be proven over RPC to whoever knows its header', async () => {
    const { rpc, chain } = open;
    await chain.submit(await open.transfer(0));
    const keys = [CODE_KEY, KEY, '0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac'];
    const answer = (await rpc.state_getReadProof?.([keys, null])) as { at: Hex; proof: Hex[] };
    expect(answer.at).toBe(chain.head.hash);
    await hashesReady();
    const proof = new TrieProof(answer.proof.map(fromHex));
    const root = fromHex(decodeHeader(chain.head.header).stateRoot);
    for (const key of keys as Hex[]) {
      const value = proof.read(root, fromHex(key));
      expect(value && toHex(value)).toEqual((await rpc.state_getStorage?.([key])) ?? undefined);
    }
    const child = `0x${Buffer.from(':child_storage:default:').toString('hex')}${'11'.repeat(32)}`;
    expect(await rpc.state_getChildReadProof?.([child, [KEY], null])).toMatchObject({ at: chain.head.hash });
  });
});

describe('a transaction', () => {
  it('is refused with the reason when it is no transaction, was before, or is not paid for', async () => {
    const { chain } = open;
    await expect(chain.submit('0x00')).rejects.toThrow(/Could not be decoded/);
    await expect(chain.submit('0x1234567890')).rejects.toThrow(/Could not be decoded/);
    await chain.submit(await open.transfer(0));
    await expect(chain.submit(await open.transfer(0))).rejects.toThrow(/outdated/);
    const forged = fromHex(await open.transfer(1));
    forged[100] = (forged[100] ?? 0) ^ 1;
    await expect(chain.submit(toHex(forged))).rejects.toThrow(/bad signature/);
    expect(chain.head.number).toBe(1);
  });

  it('whose turn has not come waits for the one before it', async () => {
    const { chain } = open;
    const [first, second] = [await open.transfer(0), await open.transfer(1)];
    expect(await chain.submit(second)).toEqual({ status: 'pooled' });
    expect(chain.pendingExtrinsics).toEqual([second]);
    await chain.submit(first);
    await chain.settled();
    await expect.poll(() => chain.pendingExtrinsics).toEqual([]);
    expect(chain.head.extrinsics).toContain(second);
  });

  it('that fails takes nothing but its fee, and the block holds it', async () => {
    const all = open.api.tx.balances?.transferKeepAlive?.(new Uint8Array(32), 10n ** 30n) as never;
    const inclusion = await open.chain.submit(await open.sign(all, 0));
    expect(inclusion.status).toBe('in-block');
    const events = (await open.api.query.system?.events?.()) as unknown as { event: { method: string } }[];
    expect(events.map(({ event }) => event.method)).toContain('ExtrinsicFailed');
  });

  it('waits for its block on a timed chain, but is checked at once', async () => {
    const { chain } = open;
    chain.timed = true;
    await expect(chain.submit('0x00')).rejects.toThrow(/Could not be decoded/);
    expect(await chain.submit(await open.transfer(0))).toEqual({ status: 'pooled' });
    expect(await chain.submit(await open.transfer(1))).toEqual({ status: 'pooled' });
    expect(chain.head.number).toBe(0);
    await chain.build();
    expect(chain.head.extrinsics.length).toBe(3);
  });
});

describe('the developer', () => {
  it('asks for blocks', async () => {
    expect(await open.rpc.dev_newBlock?.([])).toBe(open.chain.blockAt(1)?.hash);
    await open.rpc.dev_newBlock?.([{ count: 3 }]);
    expect(open.chain.head.number).toBe(4);
    await expect(open.rpc.dev_newBlock?.([0])).rejects.toThrow();
  });

  it('travels forward in time, from where time goes on, also after a restart; never back', async () => {
    await open.chain.build();
    expect(Math.abs((await time()) - NOW)).toBeLessThan(3_000);
    const later = NOW + 30 * 24 * 3_600_000;
    expect(await open.rpc.dev_timeTravel?.([new Date(later).toISOString()])).toBe(later);
    expect(Math.abs((await time()) - later)).toBeLessThan(3_000);
    await reopen();
    await open.chain.build();
    expect((await time()) - later).toBeLessThan(7_000);
    await expect(open.rpc.dev_timeTravel?.([NOW])).rejects.toMatchObject({ code: -32602 });
  });

  it('writes storage, and the header of that block is true of it', async () => {
    const at = (await open.rpc.dev_setStorage?.([[[KEY, '0x0102']]])) as Hex;
    expect(await open.rpc.state_getStorage?.([KEY])).toBe('0x0102');
    const block = open.chain.block(at);
    expect(block && decodeHeader(block.header).stateRoot).toBe(open.chain.storageAt(open.chain.head)?.hash);
    await open.rpc.dev_setStorage?.([[[KEY, null]]]);
    expect(await open.rpc.state_getStorage?.([KEY])).toBeNull();
    await expect(open.rpc.dev_setStorage?.([[['0xabc', '0x']]])).rejects.toThrow();
  });
});

describe('the runtime in the state', () => {
  it('may be compressed, may be changed, and is that of its block in each', async () => {
    const { chain } = open;
    const code = chain.storageAt(chain.head)?.get(CODE_KEY) ?? new Uint8Array();
    const packed = Buffer.concat([Buffer.from('52bc537646db8e05', 'hex'), zstdCompressSync(code)]);
    await chain.overwrite(new Map([[CODE_KEY, packed]]));
    await chain.submit(await open.transfer(0));
    expect(chain.head.number).toBe(2);
    expect(runtimeVersions(chain).running).toBe(runtimeVersions(chain).builtIn);
  });

  it('that is none stops the chain with the reason, and what was there stays readable', async () => {
    const { chain, rpc } = open;
    await chain.overwrite(new Map([[CODE_KEY, Uint8Array.of(1, 2, 3)]]));
    await expect(chain.build()).rejects.toThrow(/no Wasm that can run/);
    await expect(chain.submit(await open.transfer(0))).rejects.toThrow(/could not be built/);
    expect(() => rpc.state_call?.(['Core_version', '0x'])).toThrow(/no Wasm that can run/);
    expect(await rpc.state_getStorage?.([CODE_KEY])).toBe('0x010203');
  });
});
