import { concatBytes } from './codec.ts';
import { blake128, twox64, twox128 } from './hashes.ts';

/** The key of a pallet's storage item, without keys of its own (twox128 of both names). */
export function itemKey(pallet: string, item: string): Uint8Array {
  const names = [pallet, item].map((name) => twox128(new TextEncoder().encode(name)));
  return concatBytes(...names);
}

/** How FRAME's `Blake2_128Concat` hashes a key. */
export function blake2Concat(bytes: Uint8Array): Uint8Array {
  return concatBytes(blake128(bytes), bytes);
}

/** How FRAME's `Twox64Concat` hashes a key. */
export function twox64Concat(bytes: Uint8Array): Uint8Array {
  return concatBytes(twox64(bytes), bytes);
}

/** Milliseconds since 1970 as of the block (pallet_timestamp, `Now`): u64. */
export const TIMESTAMP_KEY = fromHex('f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb');

/** Who votes for finality, and the weight of each (pallet_grandpa, `Authorities`). */
export const GRANDPA_AUTHORITIES_KEY = fromHex('5f9cc45b7a00c5899361e1c6099678dc5e0621c4869aa60c02be9adcc98a0d1d');

const CHILD_PREFIX = new TextEncoder().encode(':child_storage:default:');

/** Where the state trie keeps the root of a child trie (sp_core::storage::well_known_keys). */
export function childRootKey(trieId: Uint8Array): Uint8Array {
  return concatBytes(CHILD_PREFIX, trieId);
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
