import { type Hex, toHex } from './hex.ts';
import { childOf, withChild } from './trie/children.ts';
import { rootHash, valueBytes } from './trie/codec.ts';
import { differences } from './trie/difference.ts';
import { get, remove, set, TrieNode, type TrieRoot } from './trie/node.ts';
import { keysFrom } from './trie/order.ts';
import { proofOf } from './trie/proof.ts';

/** What a block changed: `null` removes a key. Keys of child tries carry the key of their trie in front. */
export type StorageDiff = ReadonlyMap<Hex, Uint8Array | null>;

/** `:child_storage:default:` and the 32-byte name of a child trie after it. */
export const CHILD_PREFIX: Hex = '0x3a6368696c645f73746f726167653a64656661756c743a';
const CHILD_KEY_LENGTH = CHILD_PREFIX.length + 64;

/**
 * The whole storage after some block, which never changes: a later one shares with it what stayed. It is Substrate's
 * trie, so it is in order, has the root that a header commits to, and can prove what it says.
 */
export class State {
  readonly root: TrieRoot;

  constructor(root: TrieRoot) {
    this.root = root;
  }

  static of(entries: Iterable<readonly [Hex, Uint8Array]>): State {
    return new State(undefined).with(new Map(entries));
  }

  /** The value at a key; at the key of a child trie that trie's root. */
  get(key: Hex): Uint8Array | undefined {
    const value = get(this.root, digits(key));
    return value === undefined ? undefined : valueBytes(value);
  }

  /** Keys that start with `prefix` and come after `after`, in order. */
  keys(prefix: Hex, after: Hex | undefined, limit: number): Hex[] {
    return keysFrom(this.root, digits(prefix), after === undefined ? undefined : digits(after), limit).map(hexOf);
  }

  /** The child trie at a key of this one, `:child_storage:default:` in front; an empty one if there is none. */
  child(key: Hex): State {
    return new State(childOf(this.root, digits(key)));
  }

  /** BLAKE2b-256 of the root node, as a header has it. */
  get hash(): Hex {
    return toHex(rootHash(this.root));
  }

  /** Trie nodes that prove what is at each of the keys, or that nothing is. */
  proof(keys: readonly Hex[]): Uint8Array[] {
    return proofOf(this.root, keys.map(digits));
  }

  /** The state with changes made. */
  with(changes: StorageDiff): State {
    let { root } = this;
    for (const [key, value] of changes) {
      if (!key.startsWith(CHILD_PREFIX)) {
        root = put(root, digits(key), value);
        continue;
      }
      // A child trie's root follows from its contents, though older versions of this program wrote it down.
      const [trie, rest] = [key.slice(2, CHILD_KEY_LENGTH), key.slice(CHILD_KEY_LENGTH)];
      if (rest !== '') root = withChild(root, trie, put(childOf(root, trie), rest, value));
    }
    return new State(root);
  }

  /** What leads from this state to another, and what leads back. */
  changesTo(later: State): { changes: StorageDiff; undo: StorageDiff } {
    const changes = new Map<Hex, Uint8Array | null>();
    const undo = new Map<Hex, Uint8Array | null>();
    collect(this.root, later.root, '', changes, undo);
    return { changes, undo };
  }
}

function collect(
  before: TrieRoot,
  after: TrieRoot,
  trie: string,
  changes: Map<Hex, Uint8Array | null>,
  undo: Map<Hex, Uint8Array | null>,
): void {
  for (const difference of differences(before, after)) {
    const [one, other] = [difference.before, difference.after];
    const key = trie + difference.key;
    if (one instanceof TrieNode || other instanceof TrieNode) {
      collect(asTrie(one), asTrie(other), key, changes, undo);
    } else if (one === undefined || other === undefined || Buffer.compare(one, other) !== 0) {
      changes.set(hexOf(key), other ?? null);
      undo.set(hexOf(key), one ?? null);
    }
  }
}

function asTrie(value: TrieNode | Uint8Array | undefined): TrieRoot {
  return value instanceof TrieNode ? value : undefined;
}

function put(root: TrieRoot, key: string, value: Uint8Array | null): TrieRoot {
  return value === null ? remove(root, key) : set(root, key, value);
}

function digits(key: Hex): string {
  return key.slice(2).toLowerCase();
}

function hexOf(key: string): Hex {
  return `0x${key}`;
}
