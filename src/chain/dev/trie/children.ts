import { get, remove, set, TrieNode, type TrieRoot } from './node.ts';

/** `:child_storage:`, where no value of the main trie may be. */
const RESERVED = '3a6368696c645f73746f726167653a';
/** `:child_storage:default:`, which stands before the name of a child trie. */
const DEFAULT = `${RESERVED}64656661756c743a`;

/** The key in the main trie of the child trie with this name. */
export function childKey(name: string): string {
  return DEFAULT + name;
}

/** Whether a key belongs to child tries, so that nothing else may write there. */
export function isReserved(key: string): boolean {
  return key.startsWith(RESERVED);
}

/** Whether clearing a prefix would touch child tries. */
export function touchesReserved(prefix: string): boolean {
  return isReserved(prefix) || RESERVED.startsWith(prefix);
}

/** The child trie at a key of the main one; `undefined` when it is empty. */
export function childOf(root: TrieRoot, key: string): TrieRoot {
  const value = get(root, key);
  return value instanceof TrieNode ? value : undefined;
}

/** The main trie with another child trie at a key. An empty one leaves no trace. */
export function withChild(root: TrieRoot, key: string, child: TrieRoot): TrieRoot {
  return child === undefined ? remove(root, key) : set(root, key, child);
}
