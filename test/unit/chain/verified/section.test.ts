import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type VerifiedChain, verifiedChain } from '../../../../src/chain/verified/chain.ts';
import { webSocketEndpoint } from '../../../../src/chain/verified/endpoint.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { ProvenHeads } from '../../../../src/chain/verified/proven-heads.ts';
import { VerifiedReader } from '../../../../src/chain/verified/reader.ts';
import { sectionRoot } from '../../../../src/chain/verified/section-root.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { voter } from './grandpa-maker.ts';
import { MadeChain } from './made-chain.ts';
import { blake256, inlineEntry, sectionItems } from './made-section.ts';
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
const contract = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/native-node.json'), 'utf8')).contract;

/** A chain whose runtime keeps `network-section-1`, with what may be wrong about it. */
function chainWith(
  values: Readonly<Record<string, string>>,
  wrong: { root?: Uint8Array; count?: number } = {},
): MadeChain {
  const entries = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, inlineEntry(value)]));
  return new MadeChain([voter(0)], NOW - 3_000).add({ time: NOW, values: sectionItems(entries, wrong) });
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
  const item = (key: string) => ({ key, digest: blake256(stringToU8a(key)) });
  const leaf = (key: string) => blake256(u8aConcat([0, key.length << 2], stringToU8a(key), blake256(stringToU8a(key))));
  const node = (left: Uint8Array, right: Uint8Array) => blake256(u8aConcat([1], left, right));

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
    for (const other of [u8aToHex(inlineEntry('lie')), null]) {
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
