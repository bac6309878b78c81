import { compactToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { toNibbles } from '../../../../src/chain/verified/trie-node.ts';

/** Keys and values as nibbles and bytes, in the order of their keys. */
type Pairs = readonly (readonly [Uint8Array, Uint8Array])[];

/** A whole trie, written the other way round than the code under test reads it (sp_trie, layouts V0 and V1). */
export interface BuiltTrie {
  readonly root: Uint8Array;
  /** Every node that has a hash of its own, and in layout 1 every value that has. */
  readonly parts: readonly Uint8Array[];
}

const VALUE_LIMIT = 33;

/** Builds the trie of a map; `layout` is the state version. */
export function buildTrie(entries: ReadonlyMap<string, Uint8Array>, layout: 0 | 1): BuiltTrie {
  const parts: Uint8Array[] = [];
  const pairs = [...entries]
    .map(([key, value]) => [toNibbles(Buffer.from(key, 'hex')), value] as const)
    .sort(([one], [other]) => Buffer.compare(one, other));
  const top = pairs.length === 0 ? Uint8Array.of(0) : encodeNode(pairs, 0, layout, parts);
  parts.push(top);
  return { root: blake2AsU8a(top, 256), parts };
}

/** The parts that lie on the way to the keys: what a node would answer. */
export function proofOf(trie: BuiltTrie, reads: (parts: readonly Uint8Array[]) => void): Uint8Array[] {
  const needed = trie.parts.filter((_, index) => {
    try {
      reads(trie.parts.filter((__, other) => other !== index));
      return false;
    } catch {
      return true;
    }
  });
  return needed;
}

function encodeNode(pairs: Pairs, depth: number, layout: 0 | 1, parts: Uint8Array[]): Uint8Array {
  const end = commonEnd(pairs, depth);
  const partial = pairs[0]?.[0].subarray(depth, end) ?? new Uint8Array();
  const own = pairs.find(([key]) => key.length === end)?.[1];
  const value = own === undefined ? undefined : encodeValue(own, layout, parts);
  const kinds = pairs.length === 1 ? LEAF : BRANCH;
  const head = u8aConcat(lengthPrefix(kinds[value?.kind ?? 'none'], partial.length), packed(partial));
  if (pairs.length === 1) return u8aConcat(head, value?.bytes ?? []);
  let bitmap = 0;
  const children: Uint8Array[] = [];
  for (let nibble = 0; nibble < 16; nibble += 1) {
    const below = pairs.filter(([key]) => key.length > end && key[end] === nibble);
    if (below.length === 0) continue;
    bitmap |= 1 << nibble;
    const child = encodeNode(below, end + 1, layout, parts);
    if (child.length >= 32) parts.push(child);
    const reference = child.length >= 32 ? blake2AsU8a(child, 256) : child;
    children.push(u8aConcat(compactToU8a(reference.length), reference));
  }
  return u8aConcat(head, [bitmap & 0xff, bitmap >> 8], value?.bytes ?? [], ...children);
}

/** How far the first key and the last agree, and so all between them. */
function commonEnd(pairs: Pairs, depth: number): number {
  const [first, last] = [pairs[0]?.[0] ?? new Uint8Array(), pairs.at(-1)?.[0] ?? new Uint8Array()];
  let end = depth;
  while (end < first.length && end < last.length && first[end] === last[end]) end += 1;
  return end;
}

function encodeValue(
  value: Uint8Array,
  layout: 0 | 1,
  parts: Uint8Array[],
): { kind: 'inline' | 'hash'; bytes: Uint8Array } {
  if (layout === 0 || value.length < VALUE_LIMIT) {
    return { kind: 'inline', bytes: u8aConcat(compactToU8a(value.length), value) };
  }
  parts.push(value);
  return { kind: 'hash', bytes: blake2AsU8a(value, 256) };
}

const NO_VALUE = { bits: 0x80, most: 0x3f };
const LEAF = { none: NO_VALUE, inline: { bits: 0x40, most: 0x3f }, hash: { bits: 0x20, most: 0x1f } };
const BRANCH = { none: NO_VALUE, inline: { bits: 0xc0, most: 0x3f }, hash: { bits: 0x10, most: 0x0f } };

function lengthPrefix({ bits, most }: { bits: number; most: number }, length: number): Uint8Array {
  if (length < most) return Uint8Array.of(bits | length);
  const bytes = [bits | most];
  let rest = length - most;
  for (; rest >= 255; rest -= 255) bytes.push(255);
  return Uint8Array.from([...bytes, rest]);
}

function packed(nibbles: Uint8Array): Uint8Array {
  const even = nibbles.length % 2 === 0 ? nibbles : u8aConcat([0], nibbles);
  return Uint8Array.from(
    { length: even.length / 2 },
    (_, index) => ((even[2 * index] ?? 0) << 4) | (even[2 * index + 1] ?? 0),
  );
}
