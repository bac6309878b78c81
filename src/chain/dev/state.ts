import type { Hex } from './hex.ts';

/** What a block changed: `null` removes a key. Keys of child tries carry their trie's name in front. */
export type StorageDiff = ReadonlyMap<Hex, Hex | null>;

/** Read access to the storage as it was after some block, or will be after the one being built. */
export interface StorageView {
  get(key: Hex): Hex | undefined;
  /** Keys that start with `prefix` and come after `after`, in order. */
  keys(prefix: Hex, after: Hex | undefined, limit: number): Hex[];
}

/** `:child_storage:default:`, which stands before the 32-byte name of a child trie. */
const CHILD_PREFIX: Hex = '0x3a6368696c645f73746f726167653a64656661756c743a';
const CHILD_NAME_LENGTH = CHILD_PREFIX.length + 64;

/** Sorts after every key of a child trie and before all others that follow. */
export const AFTER_CHILDREN: Hex = `${CHILD_PREFIX}g`;

export function isChildKey(key: string): boolean {
  return key.startsWith(CHILD_PREFIX);
}

/** Splits a key of a child trie into the trie's part and the rest. */
export function splitChildKey(key: Hex): [trie: Hex, rest: Hex] {
  return [key.slice(0, CHILD_NAME_LENGTH) as Hex, `0x${key.slice(CHILD_NAME_LENGTH)}`];
}

/** The storage after the last block, with what is needed to see it as it was some blocks ago. */
export class State implements StorageView {
  readonly #values: Map<Hex, Hex>;
  #sorted: Hex[] | undefined;

  constructor(values: Map<Hex, Hex>) {
    this.#values = values;
  }

  get(key: Hex): Hex | undefined {
    return this.#values.get(key);
  }

  keys(prefix: Hex, after: Hex | undefined, limit: number): Hex[] {
    this.#sorted ??= [...this.#values.keys()].sort();
    return pageOf(this.#sorted, prefix, after, limit);
  }

  /** What `diff` really changes, and the diff that takes it back. */
  compare(diff: StorageDiff): { changes: StorageDiff; undo: StorageDiff } {
    const changes = new Map<Hex, Hex | null>();
    const undo = new Map<Hex, Hex | null>();
    for (const [key, value] of diff) {
      const before = this.#values.get(key) ?? null;
      if (before === value) continue;
      changes.set(key, value);
      undo.set(key, before);
    }
    return { changes, undo };
  }

  apply(changes: StorageDiff): void {
    for (const [key, value] of changes) {
      if (value === null || !this.#values.has(key)) this.#sorted = undefined;
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }
}

/** A view with changes on top; `diffs` is asked anew at each read, first match wins, so that it may move underneath. */
export class Overlay implements StorageView {
  readonly #base: StorageView;
  readonly #diffs: () => Iterable<StorageDiff>;

  constructor(base: StorageView, diffs: () => Iterable<StorageDiff>) {
    this.#base = base;
    this.#diffs = diffs;
  }

  get(key: Hex): Hex | undefined {
    for (const diff of this.#diffs()) {
      const value = diff.get(key);
      if (value !== undefined) return value ?? undefined;
    }
    return this.#base.get(key);
  }

  keys(prefix: Hex, after: Hex | undefined, limit: number): Hex[] {
    const changed = new Map<Hex, boolean>();
    for (const diff of this.#diffs()) {
      for (const [key, value] of diff) {
        if (key.startsWith(prefix) && !changed.has(key)) changed.set(key, value !== null);
      }
    }
    if (changed.size === 0) return this.#base.keys(prefix, after, limit);
    const kept = this.#base.keys(prefix, undefined, Number.POSITIVE_INFINITY).filter((key) => !changed.has(key));
    const added = [...changed].flatMap(([key, present]) => (present ? [key] : []));
    return pageOf([...kept, ...added].sort(), prefix, after, limit);
  }
}

function pageOf(sorted: readonly Hex[], prefix: Hex, after: Hex | undefined, limit: number): Hex[] {
  const page: Hex[] = [];
  const start = after !== undefined && after >= prefix ? firstAfter(sorted, after) : firstFrom(sorted, prefix);
  for (let index = start; index < sorted.length && page.length < limit; index += 1) {
    const key = sorted[index];
    if (key === undefined || !key.startsWith(prefix)) break;
    page.push(key);
  }
  return page;
}

function firstFrom(sorted: readonly Hex[], bound: Hex): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAfter(sorted: readonly Hex[], bound: Hex): number {
  const index = firstFrom(sorted, bound);
  return sorted[index] === bound ? index + 1 : index;
}
