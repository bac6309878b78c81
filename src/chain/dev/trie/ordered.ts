import { compactToU8a } from '@polkadot/util';
import { rootHash, type StateVersion } from './codec.ts';
import { set, type TrieRoot } from './node.ts';

/** Root of a trie of these pairs; keys are hexadecimal digits without `0x`. */
export function pairsRoot(pairs: Iterable<readonly [string, Uint8Array]>, version: StateVersion): Uint8Array {
  let root: TrieRoot;
  for (const [key, value] of pairs) root = set(root, key, value);
  return rootHash(root, version);
}

/** Root of a list, each item under its SCALE-compact index: so a header commits to its block's extrinsics. */
export function orderedRoot(items: readonly Uint8Array[], version: StateVersion): Uint8Array {
  return pairsRoot(
    items.map((item, index) => [Buffer.from(compactToU8a(index)).toString('hex'), item] as const),
    version,
  );
}
