import { compactFromU8a, compactToU8a } from '@polkadot/util';
import { childKey, childOf, isReserved, touchesReserved, withChild } from '../trie/children.ts';
import { rootHash, valueBytes } from '../trie/codec.ts';
import { differences } from '../trie/difference.ts';
import { get, remove, removePrefix, set, type TrieRoot } from '../trie/node.ts';
import { keysFrom, nextKey } from '../trie/order.ts';
import { RuntimeFailure } from './failure.ts';

/** What clearing many keys came to: how many of the state before the block were looked at, and whether some are left. */
export interface Cleared {
  loops: number;
  more: boolean;
}

/**
 * The storage that a block's runtime calls see and change, with nested transactions. Tries never change, so a transaction
 * is the root to go back to. All keys are hexadecimal digits without `0x`. A call without `child` means the main trie.
 */
export class RuntimeStorage {
  readonly #base: TrieRoot;
  readonly #saved: TrieRoot[] = [];
  #root: TrieRoot;

  constructor(base: TrieRoot) {
    this.#base = base;
    this.#root = base;
  }

  get root(): TrieRoot {
    return this.#root;
  }

  get(key: string, child?: string): Uint8Array | undefined {
    const value = get(this.#trie(child), key);
    return value === undefined ? undefined : valueBytes(value);
  }

  set(key: string, value: Uint8Array, child?: string): void {
    // As in a node, what is not the runtime's to write is left as it is.
    if (child !== undefined || !isReserved(key)) this.#replace(child, set(this.#trie(child), key, value));
  }

  remove(key: string, child?: string): void {
    if (child !== undefined || !isReserved(key)) this.#replace(child, remove(this.#trie(child), key));
  }

  next(key: string, child?: string): string | undefined {
    return nextKey(this.#trie(child), key);
  }

  /** Adds an item to a SCALE-encoded list; what is no list becomes one with this item alone. */
  append(key: string, item: Uint8Array): void {
    const list = this.get(key);
    const [offset, count] = list === undefined ? [0, 0] : lengthOfList(list);
    const items = offset === 0 ? [] : [(list as Uint8Array).subarray(offset)];
    this.set(key, Buffer.concat([compactToU8a(count + 1), ...items, item]));
  }

  /**
   * Removes the keys that begin with a prefix. With a `limit`, only so many of those that were there before this block;
   * those that this block wrote go in any case (sp_state_machine's Ext).
   */
  clear(prefix: string, limit: number | undefined, child?: string): Cleared {
    if (child === undefined && touchesReserved(prefix)) return { loops: 0, more: false };
    const base = child === undefined ? this.#base : childOf(this.#base, childKey(child));
    const before = keysFrom(base, prefix, undefined, limit === undefined ? Number.POSITIVE_INFINITY : limit + 1);
    if (limit === undefined) {
      this.#replace(child, removePrefix(this.#trie(child), prefix));
      return { loops: before.length, more: false };
    }
    const written = differences(base, this.#trie(child)).filter(({ key }) => key.startsWith(prefix));
    const gone = [...before.slice(0, limit), ...written.map(({ key }) => key)];
    this.#replace(
      child,
      gone.reduce((trie, key) => remove(trie, key), this.#trie(child)),
    );
    return { loops: Math.min(before.length, limit), more: before.length > limit };
  }

  /** The root's hash as it is now, with all that open transactions did. */
  hash(child?: string): Uint8Array {
    return rootHash(this.#trie(child));
  }

  /** Goes on with another trie, as if the runtime had written all that differs. */
  replace(root: TrieRoot): void {
    this.#root = root;
  }

  begin(): void {
    this.#saved.push(this.#root);
  }

  commit(): void {
    this.#close();
  }

  rollback(): void {
    this.#root = this.#close();
  }

  /** How many transactions are open; a runtime call that ends with another number than it began with is broken. */
  get depth(): number {
    return this.#saved.length;
  }

  #close(): TrieRoot {
    if (this.#saved.length === 0) throw new RuntimeFailure('The runtime closed a storage transaction that is not open');
    return this.#saved.pop();
  }

  #trie(child: string | undefined): TrieRoot {
    return child === undefined ? this.#root : childOf(this.#root, childKey(child));
  }

  #replace(child: string | undefined, trie: TrieRoot): void {
    this.#root = child === undefined ? trie : withChild(this.#root, childKey(child), trie);
  }
}

/** Where a SCALE-encoded list's items begin, and how many there are; [0, 0] for what is no list. */
function lengthOfList(list: Uint8Array): [offset: number, count: number] {
  try {
    const [offset, count] = compactFromU8a(list);
    return offset <= list.length && count.bitLength() <= 32 ? [offset, count.toNumber()] : [0, 0];
  } catch {
    return [0, 0];
  }
}
