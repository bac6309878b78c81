import { Runtime } from './dev/executor/runtime.ts';
import { RuntimeStorage } from './dev/executor/storage.ts';
import { valueBytes } from './dev/trie/codec.ts';
import { differences } from './dev/trie/difference.ts';
import { set, type TrieRoot } from './dev/trie/node.ts';

export type Bytes = Uint8Array<ArrayBufferLike>;

export interface RuntimeAnswer {
  /** What the call returned, SCALE-encoded. */
  result: Bytes;
  /** All that the state holds after it, by key in hexadecimal without `0x`. */
  state: Map<string, Bytes>;
}

/**
 * Calls into a runtime that no chain need have, on an empty state. `code` is Wasm, compressed as in a state or not.
 * Throws RuntimeFailure when it can't run here, has no such entry point, or panics.
 */
export function callRuntime(code: Bytes, entry: string, argument: Bytes = new Uint8Array()): RuntimeAnswer {
  const storage = new RuntimeStorage(undefined);
  const result = new Runtime(code).call(entry, argument, storage);
  const written = differences(undefined, storage.root);
  return {
    result,
    state: new Map(
      written.flatMap(({ key, after }) => (after === undefined ? [] : [[key, valueBytes(after)] as const])),
    ),
  };
}

/** The root hash of a state whose keys are hexadecimal without `0x`, as block 0 names it (state version 1). */
export function stateRootOf(state: Iterable<readonly [string, Bytes]>): Bytes {
  let root: TrieRoot;
  for (const [key, value] of state) root = set(root, key, value);
  return new RuntimeStorage(root).hash();
}
