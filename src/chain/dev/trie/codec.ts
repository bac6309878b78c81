import { compactToU8a } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { TrieNode, type TrieRoot, type TrieValue } from './node.ts';

/** Substrate's trie layouts: since version 1 a value of 33 bytes or more is kept apart and stands in its node by hash. */
export type StateVersion = 0 | 1;

const HASH_LENGTH = 32;
const INLINE_LIMIT = 33;
const EMPTY_NODE = Uint8Array.of(0);

/** Kinds of nodes: the bits that lead the header, and how many bits of it are left for the partial key's length. */
const LEAF = { prefix: 0b0100_0000, bits: 6 };
const BRANCH = { prefix: 0b1000_0000, bits: 6 };
const BRANCH_WITH_VALUE = { prefix: 0b1100_0000, bits: 6 };
const LEAF_WITH_HASH = { prefix: 0b0010_0000, bits: 5 };
const BRANCH_WITH_HASH = { prefix: 0b0001_0000, bits: 4 };

/** BLAKE2b-256 of a trie's root node (sp_trie::NodeCodec): what a block's header commits to. */
export function rootHash(root: TrieRoot, version: StateVersion = 1): Uint8Array {
  return blake2AsU8a(root === undefined ? EMPTY_NODE : encodeNode(root, version), 256);
}

/** The bytes that a value is in the trie: a child trie is there by its root's hash. */
export function valueBytes(value: TrieValue): Uint8Array {
  return value instanceof TrieNode ? rootHash(value) : value;
}

/** Whether a value stands in its node by its hash. */
export function isHashed(value: Uint8Array, version: StateVersion): boolean {
  return version === 1 && value.length >= INLINE_LIMIT;
}

/** Whether a node's bytes stand in its parent by their hash; shorter ones are there as they are. */
export function isReferenced(encoded: Uint8Array): boolean {
  return encoded.length >= HASH_LENGTH;
}

/** A node's bytes. They are those of one version only: a trie never mixes the two. */
export function encodeNode(node: TrieNode, version: StateVersion): Uint8Array {
  const value = node.value === undefined ? undefined : valueBytes(node.value);
  const hashed = value !== undefined && isHashed(value, version);
  const parts = headerParts(kindOf(node, hashed), node.partial);
  if (!node.isLeaf) parts.push(childBitmap(node));
  if (value !== undefined && hashed) {
    parts.push(valueHash(node, value));
  } else if (value !== undefined) {
    parts.push(lengthPrefix(value.length), value);
  }
  for (const child of node.children) {
    if (child === undefined) continue;
    const reference = merkleValue(child, version);
    parts.push(lengthPrefix(reference.length), reference);
  }
  return Buffer.concat(parts);
}

/** The hash by which a node's value stands in it. `value`: the value's bytes. */
export function valueHash(node: TrieNode, value: Uint8Array): Uint8Array {
  node.valueHash ??= blake2AsU8a(value, 256);
  return node.valueHash;
}

/** What stands for a node in its parent: its hash, or its bytes where they are shorter. */
export function merkleValue(node: TrieNode, version: StateVersion): Uint8Array {
  if (node.merkleValue === undefined) {
    const encoded = encodeNode(node, version);
    node.merkleValue = isReferenced(encoded) ? blake2AsU8a(encoded, 256) : encoded;
  }
  return node.merkleValue;
}

function kindOf(node: TrieNode, hashed: boolean): typeof LEAF {
  if (node.isLeaf) return hashed ? LEAF_WITH_HASH : LEAF;
  if (node.value === undefined) return BRANCH;
  return hashed ? BRANCH_WITH_HASH : BRANCH_WITH_VALUE;
}

/** Kind and length of the partial key, then its nibbles, the odd one first (sp_trie's size_and_prefix_iterator). */
function headerParts({ prefix, bits }: typeof LEAF, partial: string): Uint8Array[] {
  const most = 2 ** bits - 1;
  const header: number[] = [];
  if (partial.length < most) {
    header.push(prefix + partial.length);
  } else {
    header.push(prefix + most);
    let rest = partial.length - most;
    for (; rest >= 255; rest -= 255) header.push(255);
    header.push(rest);
  }
  return [Uint8Array.from(header), Buffer.from(partial.length % 2 === 0 ? partial : `0${partial}`, 'hex')];
}

/** Nearly all lengths are below 64, and a byte each. */
const SHORT_LENGTHS = Array.from({ length: 64 }, (_, length) => Uint8Array.of(length << 2));

function lengthPrefix(length: number): Uint8Array {
  return SHORT_LENGTHS[length] ?? compactToU8a(length);
}

function childBitmap(node: TrieNode): Uint8Array {
  const bits = node.children.reduce((all, child, nibble) => (child === undefined ? all : all | (1 << nibble)), 0);
  return Uint8Array.of(bits & 0xff, bits >> 8);
}
