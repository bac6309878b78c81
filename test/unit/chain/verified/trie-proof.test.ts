import { calculate_state_root as calculateStateRoot } from '@acala-network/chopsticks-executor';
import { blake2AsU8a } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { ProofInvalid, TrieProof } from '../../../../src/chain/verified/trie-proof.ts';
import { cases } from '../../../cases.ts';
import { buildTrie, proofOf } from './trie-builder.ts';

beforeAll(hashesReady);

const hexKey = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('hex'));
/** Keys that share long beginnings, so that partial keys get long too. */
const longKey = fc
  .tuple(fc.constantFrom(0, 15, 16, 31, 32, 63, 64, 200), hexKey)
  .map(([length, end]) => 'ab'.repeat(length) + end);
const value = fc.uint8Array({ maxLength: 80 });
const entries = fc
  .dictionary(fc.oneof(hexKey, longKey), value, { maxKeys: 24 })
  .map((found) => new Map(Object.entries(found)));
const layout = fc.constantFrom<(0 | 1)[]>(0, 1);

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

describe('the trie that the tests build', () => {
  it('has the root that the SDK computes', async () => {
    await fc.assert(
      fc.asyncProperty(entries, layout, async (map, version) => {
        const pairs = [...map].map(([key, found]) => [`0x${key}`, `0x${Buffer.from(found).toString('hex')}`]);
        const root: string = await calculateStateRoot(pairs, version);
        expect(`0x${Buffer.from(buildTrie(map, version).root).toString('hex')}`).toBe(root);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a storage proof', () => {
  it('proves every value, and the absence of every other key', () => {
    fc.assert(
      fc.property(entries, layout, fc.array(fc.oneof(hexKey, longKey), { maxLength: 8 }), (map, version, others) => {
        const { root, parts } = buildTrie(map, version);
        const proof = new TrieProof(parts);
        for (const [key, found] of map)
          expect(Buffer.from(proof.read(root, bytes(key)) ?? [])).toEqual(Buffer.from(found));
        for (const key of others.filter((other) => !map.has(other)))
          expect(proof.read(root, bytes(key))).toBeUndefined();
      }),
    );
  });

  it('is refused when any bit of it is flipped', () => {
    fc.assert(
      fc.property(entries, layout, fc.oneof(hexKey, longKey), fc.nat(), (map, version, key, bit) => {
        const trie = buildTrie(map, version);
        const needed = proofOf(trie, (parts) => new TrieProof(parts).read(trie.root, bytes(key)));
        const right = new TrieProof(needed).read(trie.root, bytes(key));
        expect(right && Buffer.from(right)).toEqual(map.get(key) && Buffer.from(map.get(key) ?? []));
        const total = needed.reduce((sum, part) => sum + part.length, 0);
        if (total === 0) return;
        let at = bit % (total * 8);
        const flipped = needed.map((part) => {
          const copy = Uint8Array.from(part);
          if (at >= 0 && at < part.length * 8) copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7));
          at -= part.length * 8;
          return copy;
        });
        expect(() => new TrieProof(flipped).read(trie.root, bytes(key))).toThrow(ProofInvalid);
      }),
    );
  });

  it('is refused when a part is missing, or another root is meant', () => {
    const map = new Map(
      [...Array(40).keys()].map((index) => [
        `aa${index.toString(16).padStart(4, '0')}`,
        new Uint8Array(50).fill(index),
      ]),
    );
    const trie = buildTrie(map, 1);
    expect(() => new TrieProof([]).read(trie.root, bytes('aa0001'))).toThrow(ProofInvalid);
    expect(() => new TrieProof(trie.parts).read(new Uint8Array(32), bytes('aa0001'))).toThrow(ProofInvalid);
    const older = buildTrie(new Map([...map, ['aa0001', Uint8Array.of(1)]]), 1);
    expect(() => new TrieProof(older.parts).read(trie.root, bytes('aa0001'))).toThrow(ProofInvalid);
  });

  it('is not fooled by nodes whose bytes make no sense', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), hexKey, (part, key) => {
        const root = blake2AsU8a(part, 256);
        try {
          new TrieProof([part]).read(root, bytes(key));
        } catch (error) {
          expect(error).toBeInstanceOf(ProofInvalid);
        }
      }),
      { numRuns: cases(2_000) },
    );
  });
});
