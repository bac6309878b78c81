import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { rootHash } from '../../../../src/chain/dev/trie/codec.ts';
import { differences } from '../../../../src/chain/dev/trie/difference.ts';
import { get, remove, removePrefix, set, type TrieRoot } from '../../../../src/chain/dev/trie/node.ts';
import { keysFrom } from '../../../../src/chain/dev/trie/order.ts';
import { orderedRoot } from '../../../../src/chain/dev/trie/ordered.ts';
import { proofOf } from '../../../../src/chain/dev/trie/proof.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { TrieProof } from '../../../../src/chain/verified/trie-proof.ts';

beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
});

interface Vector {
  pairs: [key: string, value: string][];
  v0: string;
  v1: string;
}

/** Tries of random contents with their roots, as the executor of @acala-network/chopsticks-executor 1.5.1 (smoldot) worked them out. */
const vectors: Vector[] = JSON.parse(readFileSync(join(import.meta.dirname, 'trie-vectors.json'), 'utf8'));

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
const text = (key: string): string => Buffer.from(key).toString('hex');
const hashOf = (root: TrieRoot): string => Buffer.from(rootHash(root)).toString('hex');
const trieOf = (pairs: Iterable<readonly [string, Uint8Array]>): TrieRoot => {
  let root: TrieRoot;
  for (const [key, value] of pairs) root = set(root, key, value);
  return root;
};

const key = fc
  .array(fc.constantFrom('00', '01', '0f', 'a0', 'ff', 'ab'.repeat(40)), { maxLength: 4 })
  .map((parts) => parts.join(''));
const value = fc
  .tuple(fc.constantFrom(0, 1, 31, 32, 33, 70), fc.nat(255))
  .map(([n, byte]) => new Uint8Array(n).fill(byte));
const pairs = fc.array(fc.tuple(key, value), { maxLength: 25 });

describe('the root of a trie', () => {
  it('is what smoldot makes of the same contents, in both layouts', () => {
    for (const vector of vectors) {
      const contents = vector.pairs.map(([one, other]) => [one.slice(2), bytesOf(other)] as const);
      expect(`0x${hashOf(trieOf(contents))}`).toBe(vector.v1);
      expect(`0x${Buffer.from(rootHash(trieOf(contents), 0)).toString('hex')}`).toBe(vector.v0);
    }
  });

  it("is that of polkadot-sdk's tests, for changes to a trie and for a child trie", () => {
    const before = [
      [text('doe'), Buffer.from('reindeer')],
      [text('dog'), Buffer.from('puppyXXX')],
      [text('dogglesworth'), Buffer.from('catXXX')],
      [text('doug'), Buffer.from('notadog')],
    ] as const;
    let root = trieOf(before);
    root = set(root, text('dog'), Buffer.from('puppy'));
    root = set(root, text('dogglesworth'), Buffer.from('cat'));
    root = remove(root, text('doug'));
    expect(hashOf(root)).toBe('39245109cef3758c2eed2ccba8d9b370a917850af3824bc8348d505df2c298fa');
    root = set(root, text('doug2'), Buffer.from('yes'));
    expect(hashOf(root)).toBe('5c0a4e35cb967de785e1cb8743e6f24b6ff6d45155317f2078f6eb3fc4ff3e3d');
    const child = trieOf(
      [10, 20, 40].map((byte) => [byte.toString(16).padStart(2, '0'), Uint8Array.of(byte)] as const),
    );
    expect(hashOf(child)).toBe('c02965e1df4dc5baf6977390ce67dab1d7a9b27a87c1afe27b50d29cc990e0f5');
    const parent = set(undefined, text(':child_storage:default:Child1'), child ?? new Uint8Array());
    expect(hashOf(parent)).toBe('eafb765909c3ed5afd92a0c564acf4620d0234b31702e8e8e9b48da72a748838');
  });

  it('depends on the contents alone, whatever was there in between', () => {
    fc.assert(
      fc.property(pairs, pairs, key, (kept, gone, prefix) => {
        const model = new Map<string, Uint8Array>();
        let root: TrieRoot;
        for (const [one, other] of [...gone, ...kept]) {
          root = set(root, one, other);
          model.set(one, other);
        }
        for (const [one] of gone) {
          root = remove(root, one);
          model.delete(one);
        }
        expect(hashOf(root)).toBe(hashOf(trieOf(model)));
        root = removePrefix(root, prefix);
        for (const one of [...model.keys()]) if (one.startsWith(prefix)) model.delete(one);
        expect(hashOf(root)).toBe(hashOf(trieOf(model)));
        expect(keysFrom(root, '', undefined, 1_000)).toEqual([...model.keys()].sort());
        for (const [one, other] of model) expect(get(root, one)).toBe(other);
      }),
    );
  });

  it('of an ordered list is that of the list under compact indices', () => {
    expect(Buffer.from(orderedRoot([], 0)).toString('hex')).toBe(vectors[0]?.v0.slice(2));
    const items = Array.from({ length: 70 }, (_, index) => Uint8Array.of(index));
    const byHand = items.map((item, index) => {
      const compact = index < 64 ? [index * 4] : [((index * 4) & 0xff) + 1, (index * 4) >> 8];
      return [Buffer.from(compact).toString('hex'), item] as const;
    });
    expect(orderedRoot(items, 1)).toEqual(rootHash(trieOf(byHand)));
  });
});

describe('a proof', () => {
  it('shows a reader who knows the root alone what is at the keys, and what is not', () => {
    fc.assert(
      fc.property(pairs, fc.array(key, { minLength: 1, maxLength: 5 }), (contents, keys) => {
        const root = trieOf(contents);
        const proof = new TrieProof(proofOf(root, keys));
        for (const one of keys) {
          const proven = proof.read(rootHash(root), Buffer.from(one, 'hex'));
          expect(proven && Buffer.from(proven).toString('hex')).toBe(
            get(root, one) && Buffer.from(get(root, one) as Uint8Array).toString('hex'),
          );
        }
      }),
    );
  });

  it('holds no more than the ways to the keys', () => {
    const root = trieOf(
      Array.from({ length: 1_000 }, (_, index) => [text(`key ${index}`), new Uint8Array(40)] as const),
    );
    expect(proofOf(root, [text('key 500')]).length).toBeLessThan(8);
  });
});

describe('the differences of two tries', () => {
  it('lead from one to the other, in order', () => {
    fc.assert(
      fc.property(pairs, pairs, fc.array(key), (one, more, gone) => {
        const before = trieOf(one);
        let after = before;
        for (const [k, v] of more) after = set(after, k, v);
        for (const k of gone) after = remove(after, k);
        const found = differences(before, after);
        expect(found.map((difference) => difference.key)).toEqual([...new Set(found.map((d) => d.key))].sort());
        let made = before;
        for (const { key: k, before: was, after: is } of found) {
          expect(get(before, k)).toBe(was);
          made = is === undefined ? remove(made, k) : set(made, k, is);
        }
        expect(hashOf(made)).toBe(hashOf(after));
        const seen = new Set(found.map((difference) => difference.key));
        for (const k of keysFrom(after, '', undefined, 1_000))
          if (!seen.has(k)) expect(get(before, k)).toBe(get(after, k));
      }),
    );
  });
});
