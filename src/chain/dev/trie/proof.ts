import { encodeNode, isHashed, isReferenced, merkleValue, valueBytes, valueHash } from './codec.ts';
import { nibbleAt, type TrieNode, type TrieRoot } from './node.ts';

/**
 * The nodes of a state trie (version 1) that show what is at each of the keys, or that nothing is: those on the ways from
 * the root, and the values that stand in them by hash. As `state_getReadProof` of a node gives them, in no order.
 */
export function proofOf(root: TrieRoot, keys: readonly string[]): Uint8Array[] {
  const nodes = new Set<TrieNode>();
  // Equal values are one part: their hash is what they are known by.
  const values = new Map<string, Uint8Array>();
  for (const key of keys) {
    const { way, end } = wayTo(root, key);
    for (const node of way) nodes.add(node);
    const bytes = end?.value === undefined ? undefined : valueBytes(end.value);
    if (end !== undefined && bytes !== undefined && isHashed(bytes, 1))
      values.set(latin1(valueHash(end, bytes)), bytes);
  }
  // Short nodes are part of their parents' bytes.
  const encoded = [...nodes].map((node) => ({ node, bytes: encodeNode(node, 1) }));
  const own = encoded.filter(({ node, bytes }) => node === root || isReferenced(bytes));
  const parts = new Map(own.map(({ node, bytes }) => [node === root ? '' : latin1(merkleValue(node, 1)), bytes]));
  return [...parts.values(), ...values.values()];
}

/** The nodes from the root on that lead to a key, as far as there are any; `end` is the one at the key itself. */
function wayTo(root: TrieRoot, key: string): { way: TrieNode[]; end: TrieNode | undefined } {
  const way: TrieNode[] = [];
  let [node, at] = [root, 0];
  while (node !== undefined) {
    way.push(node);
    if (!key.startsWith(node.partial, at)) break;
    at += node.partial.length;
    if (at >= key.length) return { way, end: node };
    node = node.children[nibbleAt(key, at)];
    at += 1;
  }
  return { way, end: undefined };
}

function latin1(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
}
