import { TrieNode, type TrieRoot, type TrieValue } from './node.ts';

/** A key at which two tries differ; `undefined` where a trie has none. */
export interface Difference {
  key: string;
  before: TrieValue | undefined;
  after: TrieValue | undefined;
}

/**
 * Where two tries differ in what was written, which is not always in bytes: a value that was written again as it was
 * counts. What both share is skipped, so this costs what the change cost. Keys come in order.
 */
export function differences(before: TrieRoot, after: TrieRoot): Difference[] {
  const found: Difference[] = [];
  compare(before, after, '', found);
  return found;
}

function compare(before: TrieRoot, after: TrieRoot, path: string, found: Difference[]): void {
  if (before === after) return;
  const [one, other] = [before?.partial ?? after?.partial ?? '', after?.partial ?? before?.partial ?? ''];
  if (one !== other) {
    // Bring both to the same place: the one that lies deeper hangs below a branch that only stands in for the other's.
    const shared = commonLength(one, other);
    compare(lowered(before, shared), lowered(after, shared), path, found);
    return;
  }
  const key = path + one;
  if (before?.value !== after?.value) found.push({ key, before: before?.value, after: after?.value });
  for (let nibble = 0; nibble < 16; nibble += 1) {
    compare(before?.children[nibble], after?.children[nibble], key + nibble.toString(16), found);
  }
}

/** The same trie with a node that ends after `length` nibbles; it may be in no valid form and is only walked over. */
function lowered(node: TrieRoot, length: number): TrieRoot {
  if (node === undefined || node.partial.length === length) return node;
  const children = new Array<TrieNode | undefined>(16).fill(undefined);
  const nibble = Number.parseInt(node.partial.charAt(length), 16);
  children[nibble] = new TrieNode(node.partial.slice(length + 1), node.value, node.children);
  return new TrieNode(node.partial.slice(0, length), undefined, children);
}

function commonLength(one: string, other: string): number {
  let at = 0;
  while (at < one.length && at < other.length && one.charAt(at) === other.charAt(at)) at += 1;
  return at;
}
