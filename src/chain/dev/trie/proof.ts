import { encodeNode, isHashed, isReferenced, valueBytes } from './codec.ts';
import { get, nibbleAt, type TrieNode, type TrieRoot } from './node.ts';

/**
 * The nodes of a state trie (version 1) that show what is at each of the keys, or that nothing is: those on the ways from
 * the root, and the values that stand in them by hash. As `state_getReadProof` of a node gives them, in no order.
 */
export function proofOf(root: TrieRoot, keys: readonly string[]): Uint8Array[] {
  const nodes = new Set<TrieNode>();
  const values: Uint8Array[] = [];
  for (const key of keys) {
    for (const node of wayTo(root, key)) nodes.add(node);
    const value = get(root, key);
    const bytes = value === undefined ? undefined : valueBytes(value);
    if (bytes !== undefined && isHashed(bytes, 1)) values.push(bytes);
  }
  // Short nodes are part of their parents' bytes.
  const encoded = [...nodes].map((node) => ({ node, bytes: encodeNode(node, 1) }));
  const own = encoded.filter(({ node, bytes }) => node === root || isReferenced(bytes)).map(({ bytes }) => bytes);
  // Equal parts are one: their hash is what they are known by.
  return [...new Map([...own, ...values].map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes])).values()];
}

/** The nodes from the root on that lead to a key, as far as there are any. */
function wayTo(root: TrieRoot, key: string): TrieNode[] {
  const way: TrieNode[] = [];
  let [node, at] = [root, 0];
  while (node !== undefined) {
    way.push(node);
    at += node.partial.length;
    if (!key.startsWith(node.partial, at - node.partial.length) || at >= key.length) break;
    node = node.children[nibbleAt(key, at)];
    at += 1;
  }
  return way;
}
