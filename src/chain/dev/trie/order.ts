import { get, nibbleAt, type TrieRoot } from './node.ts';

/** The first key of the trie that comes after `key`. Keys are hexadecimal digits without `0x`. */
export function nextKey(root: TrieRoot, key: string): string | undefined {
  return nextBelow(root, '', key);
}

/** Up to `limit` keys that begin with `prefix` and come after `after`, in order. */
export function keysFrom(root: TrieRoot, prefix: string, after: string | undefined, limit: number): string[] {
  const keys: string[] = [];
  if (limit <= 0) return keys;
  let last = after !== undefined && after >= prefix ? after : prefix;
  if (last === prefix && after !== prefix && get(root, prefix) !== undefined) keys.push(prefix);
  while (keys.length < limit) {
    const next = nextKey(root, last);
    if (next === undefined || !next.startsWith(prefix)) break;
    keys.push(next);
    last = next;
  }
  return keys;
}

function nextBelow(node: TrieRoot, path: string, key: string): string | undefined {
  if (node === undefined) return undefined;
  const here = path + node.partial;
  if (here > key) return firstOf(node, here);
  if (!key.startsWith(here)) return undefined;
  const start = here.length === key.length ? 0 : nibbleAt(key, here.length);
  for (let nibble = start; nibble < node.children.length; nibble += 1) {
    const found = nextBelow(node.children[nibble], here + nibble.toString(16), key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The smallest key at or below a node; `here` is the path that leads to its end. */
function firstOf(node: TrieRoot, here: string): string | undefined {
  if (node === undefined) return undefined;
  if (node.value !== undefined) return here;
  const nibble = node.children.findIndex((child) => child !== undefined);
  const child = node.children[nibble];
  return child === undefined ? undefined : firstOf(child, here + nibble.toString(16) + child.partial);
}
