import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TypeRegistry } from '@polkadot/types';
import { compactAddLength, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsU8a, cryptoWaitReady } from '@polkadot/util-crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type VerifiedChain, verifiedChain } from '../../../../src/chain/verified/chain.ts';
import { webSocketEndpoint } from '../../../../src/chain/verified/endpoint.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { ProvenHeads } from '../../../../src/chain/verified/proven-heads.ts';
import { VerifiedReader } from '../../../../src/chain/verified/reader.ts';
import { sectionRoot } from '../../../../src/chain/verified/section-root.ts';
import { blake2Concat, itemKey } from '../../../../src/chain/verified/storage-keys.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { voter } from './grandpa-maker.ts';
import { MadeChain } from './made-chain.ts';
import { type Answers, lying, serveRpc } from './rpc-server.ts';

beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
});
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const NOW = 1_800_000_000_000;
const owner = new Uint8Array(32).fill(5);
const registry = new TypeRegistry();
const scale = (type: string, value: unknown): Uint8Array => registry.createTypeUnsafe(type, [value]).toU8a();
const hash = (bytes: Uint8Array): Uint8Array => blake2AsU8a(bytes, 256);
const text = (words: string): Uint8Array => compactAddLength(stringToU8a(words));
const contract = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/native-node.json'), 'utf8')).contract;

/** An entry as chain/pallets/csc/src/types.rs encodes it. */
function entry(value: string): Uint8Array {
  return u8aConcat([0], text(value), text('text/plain'), scale('u64', 3), [0]);
}

/** A chain whose runtime keeps `network-section-1`, with what may be wrong about it. */
function chainWith(
  values: Readonly<Record<string, string>>,
  wrong: { root?: Uint8Array; count?: number } = {},
): MadeChain {
  const entries = Object.entries(values).map(([key, value]) => ({ key, bytes: entry(value) }));
  const index = entries.map(({ key, bytes }) => ({ key, digest: hash(bytes), size: bytes.length }));
  const head = [3, `0x${'07'.repeat(32)}`, wrong.count ?? index.length, u8aToHex(wrong.root ?? sectionRoot(index))];
  const name = u8aConcat(
    itemKey('Scl', 'Contracts'),
    blake2Concat(text('local')),
    blake2Concat(u8aConcat([0], text('network-section-1'))),
  );
  const of = (item: string, ...keys: Uint8Array[]) => u8aConcat(itemKey('Csc', item), blake2Concat(owner), ...keys);
  const items = index.map(({ key, digest, size }) => [key, u8aToHex(digest), size]);
  const pairs: [Uint8Array, Uint8Array][] = [
    [name, u8aConcat(owner, [1], new Uint8Array(40))],
    [of('Sections'), scale('(u64, [u8; 32], u32, [u8; 32])', head)],
    [of('Indexes'), scale('Vec<(Text, [u8; 32], u32)>', items)],
    ...entries.map(({ key, bytes }): [Uint8Array, Uint8Array] => [of('Entries', blake2Concat(text(key))), bytes]),
  ];
  const plain = Object.fromEntries(pairs.map(([key, bytes]) => [Buffer.from(key).toString('hex'), bytes]));
  return new MadeChain([voter(0)], NOW - 3_000).add({ time: NOW, values: plain });
}

async function read(made: MadeChain, answers: Answers = made.answers()): Promise<VerifiedChain> {
  const server = await serveRpc(answers);
  const freshness = { maxAgeMs: 60_000, maxAheadMs: 30_000, now: () => NOW };
  const heads = new ProvenHeads({ genesis: made.genesis }, freshness);
  const reader = new VerifiedReader({ endpoints: [webSocketEndpoint(server.url, 5_000)], heads, now: () => NOW });
  open.push(server, reader);
  return verifiedChain(reader, 'local', { configuration: contract });
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'believed',
    (error: LogosError) => error.code,
  );

describe('the Merkle root of a section', () => {
  const item = (key: string) => ({ key, digest: hash(stringToU8a(key)) });
  const leaf = (key: string) => hash(u8aConcat([0, key.length << 2], stringToU8a(key), hash(stringToU8a(key))));
  const node = (left: Uint8Array, right: Uint8Array) => hash(u8aConcat([1], left, right));

  it('is made as the pallet makes it', () => {
    expect(sectionRoot([])).toEqual(new Uint8Array(32));
    expect(sectionRoot([item('a')])).toEqual(leaf('a'));
    expect(sectionRoot(['a', 'b', 'c'].map(item))).toEqual(node(node(leaf('a'), leaf('b')), leaf('c')));
  });
});

describe('a section that the runtime keeps', () => {
  const values = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key-${at + 10}`, 'value'.repeat(at)]));

  it('is read whole, or by keys', async () => {
    const chain = await read(chainWith(values));
    const section = await chain.section('network-section-1');
    expect(section).toMatchObject({ version: 3, digest: `0x${'07'.repeat(32)}` });
    expect(section.entries.size).toBe(50);
    const { entries } = await chain.entries('network-section-1', ['key-12', 'none', 'key-11']);
    const texts = entries.map((found) => found?.value.kind === 'inline' && Buffer.from(found.value.bytes).toString());
    expect(texts).toEqual(['valuevalue', undefined, 'value'].map((one) => one ?? false));
    expect(await code(chain.section('other-section-1'))).toBe('section-unknown');
  });

  it('may be empty', async () => {
    expect((await (await read(chainWith({}))).section('network-section-1')).entries.size).toBe(0);
  });

  it('is refused when an entry has another digest, or is not there', async () => {
    const made = chainWith(values);
    for (const other of [u8aToHex(entry('lie')), null]) {
      const liar = lying(made.answers(), 'state_queryStorageAt', (answer) => {
        const [block] = answer as { changes: [string, string | null][] }[];
        const [first] = block?.changes ?? [];
        if (first) first[1] = other;
        return answer;
      });
      expect(await code((await read(made, liar)).section('network-section-1'))).toBe('proof-invalid');
    }
  });

  it('is refused when the root or the count is of another index', async () => {
    for (const wrong of [{ root: new Uint8Array(32) }, { count: 49 }]) {
      expect(await code((await read(chainWith(values, wrong))).section('network-section-1'))).toBe(
        'chain-answer-invalid',
      );
    }
  });
});
