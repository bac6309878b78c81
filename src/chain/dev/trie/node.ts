/** What a trie keeps at a key: bytes, or the root of a child trie, whose hash stands for it. */
export type TrieValue = Uint8Array | TrieNode;

const NO_CHILDREN: readonly undefined[] = [];

/**
 * A node of a radix-16 Patricia trie, with everything below it. Nodes never change: a trie with a change is a new root
 * that shares all else with the old one, so every state that somebody still needs stays readable, and a change is taken
 * back by going on with the old root.
 */
export class TrieNode {
  /** Nibbles between the parent's branch and this node, as hexadecimal digits. */
  readonly partial: string;
  readonly value: TrieValue | undefined;
  /** By the next nibble; empty at a leaf. */
  readonly children: readonly (TrieNode | undefined)[];
  /** What the parent holds of this node, once it was worked out (see codec.ts). */
  merkleValue: Uint8Array | undefined;
  /** The value's hash, once it was worked out; it outlives a change of the node's place, as a runtime's is dear. */
  valueHash: Uint8Array | undefined;

  constructor(partial: string, value: TrieValue | undefined, children: readonly (TrieNode | undefined)[]) {
    this.partial = partial;
    this.value = value;
    this.children = children;
  }

  get isLeaf(): boolean {
    return this.children.length === 0;
  }

  /** A node with the same value at another place. */
  moved(partial: string, children: readonly (TrieNode | undefined)[]): TrieNode {
    const node = new TrieNode(partial, this.value, children);
    node.valueHash = this.valueHash;
    return node;
  }
}

/** A trie's root; `undefined` is the empty trie. */
export type TrieRoot = TrieNode | undefined;

/** The value at a key. Keys are hexadecimal digits without `0x`. */
export function get(root: TrieRoot, key: string): TrieValue | undefined {
  let node = root;
  let at = 0;
  while (node !== undefined) {
    const { partial } = node;
    if (!key.startsWith(partial, at)) return undefined;
    at += partial.length;
    if (at === key.length) return node.value;
    node = node.children[nibbleAt(key, at)];
    at += 1;
  }
  return undefined;
}

/** The trie with a value at a key. */
export function set(root: TrieRoot, key: string, value: TrieValue): TrieNode {
  if (root === undefined) return new TrieNode(key, value, NO_CHILDREN);
  const { partial, children } = root;
  const shared = sharedLength(partial, key);
  if (shared === partial.length) {
    if (shared === key.length) return new TrieNode(partial, value, children);
    const nibble = nibbleAt(key, shared);
    return root.moved(partial, withChild(children, nibble, set(children[nibble], key.slice(shared + 1), value)));
  }
  // The keys part inside this node's partial: a branch comes between.
  const lower = root.moved(partial.slice(shared + 1), children);
  const branches = withChild(NO_CHILDREN, nibbleAt(partial, shared), lower);
  if (shared === key.length) return new TrieNode(key, value, branches);
  const leaf = new TrieNode(key.slice(shared + 1), value, NO_CHILDREN);
  return new TrieNode(partial.slice(0, shared), undefined, withChild(branches, nibbleAt(key, shared), leaf));
}

/** The trie without a key: the same root when it wasn't there. */
export function remove(root: TrieRoot, key: string): TrieRoot {
  if (root === undefined || !key.startsWith(root.partial)) return root;
  const at = root.partial.length;
  if (at === key.length)
    return root.value === undefined ? root : joined(new TrieNode(root.partial, undefined, root.children));
  const nibble = nibbleAt(key, at);
  const child = root.children[nibble];
  const left = remove(child, key.slice(at + 1));
  return left === child ? root : joined(root.moved(root.partial, withChild(root.children, nibble, left)));
}

/** The trie without any key that begins with `prefix`. */
export function removePrefix(root: TrieRoot, prefix: string): TrieRoot {
  if (root === undefined || root.partial.startsWith(prefix)) return undefined;
  if (!prefix.startsWith(root.partial)) return root;
  const at = root.partial.length;
  const nibble = nibbleAt(prefix, at);
  const child = root.children[nibble];
  const left = removePrefix(child, prefix.slice(at + 1));
  return left === child ? root : joined(root.moved(root.partial, withChild(root.children, nibble, left)));
}

/** A node in its only valid form: none when empty, one with its child where it has neither value nor a second child. */
function joined(node: TrieNode): TrieRoot {
  const nibble = node.children.findIndex((child) => child !== undefined);
  const only = node.children[nibble];
  if (only === undefined) return node.value === undefined ? undefined : node.moved(node.partial, NO_CHILDREN);
  const more = node.children.some((child, index) => child !== undefined && index !== nibble);
  if (node.value !== undefined || more) return node;
  return only.moved(node.partial + nibble.toString(16) + only.partial, only.children);
}

function withChild(
  children: readonly (TrieNode | undefined)[],
  nibble: number,
  child: TrieRoot,
): readonly (TrieNode | undefined)[] {
  const copy = children.length === 0 ? new Array<TrieNode | undefined>(16).fill(undefined) : children.slice();
  copy[nibble] = child;
  return copy;
}

function sharedLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  return at;
}

/** The digit at a place as a number: `0`–`9` are 48–57, `a`–`f` are 97–102. */
export function nibbleAt(key: string, at: number): number {
  const code = key.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}
