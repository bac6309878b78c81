import { blake256 } from './hashes.ts';
import { HASH_BYTES, TrieNode, toNibbles } from './trie-node.ts';

/** What a proof says of a key: its value, or that it has none. */
export type Proven = Uint8Array | undefined;

/** The proof does not show what was asked for: a node is missing, altered or malformed. */
export class ProofInvalid extends Error {}

/** Root of a trie without keys: BLAKE2b-256 of the zero byte that is its only node. */
const EMPTY_ROOT = key(Buffer.from('03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314', 'hex'));

/**
 * A storage proof: the nodes on the way from a state root to the keys that were read, and the values that stand beside
 * the trie. Each is known by its BLAKE2b-256 alone, so a node that was altered is one that is missing.
 */
export class TrieProof {
  readonly #parts = new Map<string, Uint8Array>();
  readonly #nodes = new Map<string, TrieNode | undefined>();

  constructor(parts: readonly Uint8Array[]) {
    for (const part of parts) this.#parts.set(key(blake256(part)), part);
  }

  /** The value of `storageKey` under `root`, or `undefined` where the trie has no such key. Throws ProofInvalid. */
  read(root: Uint8Array, storageKey: Uint8Array): Proven {
    try {
      return this.#walk(root, toNibbles(storageKey));
    } catch (error) {
      if (error instanceof RangeError) throw new ProofInvalid(error.message, { cause: error });
      throw error;
    }
  }

  #walk(root: Uint8Array, nibbles: Uint8Array): Proven {
    let node = this.#nodeOf(root);
    let depth = 0;
    while (node !== undefined) {
      if (!node.leads(nibbles, depth)) return undefined;
      depth += node.partialLength;
      if (depth === nibbles.length) return this.#valueOf(node);
      const nibble = nibbles[depth] ?? 0;
      node = node.below[nibble] ?? this.#below(node, nibble);
      depth += 1;
    }
    return undefined;
  }

  /** The node behind a half byte, found once: the upper ones are on the way to most keys. */
  #below(node: TrieNode, nibble: number): TrieNode | undefined {
    const child = node.child(nibble);
    if (child === undefined) return undefined;
    const found = child.length === HASH_BYTES ? this.#nodeOf(child) : inlineNode(child);
    node.below[nibble] = found;
    return found;
  }

  #nodeOf(hash: Uint8Array): TrieNode | undefined {
    const name = key(hash);
    if (name === EMPTY_ROOT) return undefined;
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const node = TrieNode.decode(this.#partOf(name));
    this.#nodes.set(name, node);
    return node;
  }

  #valueOf({ value }: TrieNode): Proven {
    if (value === undefined || 'inline' in value) return value?.inline;
    return this.#partOf(key(value.hash));
  }

  #partOf(name: string): Uint8Array {
    const part = this.#parts.get(name);
    if (part === undefined) throw new ProofInvalid('a part of the proof is missing or was altered');
    return part;
  }
}

/** A node inside another can't be empty: then the other would have no child there. */
function inlineNode(bytes: Uint8Array): TrieNode {
  const node = TrieNode.decode(bytes);
  if (node === undefined) throw new ProofInvalid('an empty node inside another');
  return node;
}

/** A hash as a key of a map. */
function key(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
}
