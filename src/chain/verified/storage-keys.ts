import { u8aConcat } from '@polkadot/util';
import { blake2AsU8a, xxhashAsU8a } from '@polkadot/util-crypto';

/** The key of a pallet's storage item, without keys of its own (twox128 of both names). */
export function itemKey(pallet: string, item: string): Uint8Array {
  return u8aConcat(xxhashAsU8a(pallet, 128), xxhashAsU8a(item, 128));
}

/** How FRAME's `Blake2_128Concat` hashes a key. */
export function blake2Concat(bytes: Uint8Array): Uint8Array {
  return u8aConcat(blake2AsU8a(bytes, 128), bytes);
}

/** How FRAME's `Twox64Concat` hashes a key. */
export function twox64Concat(bytes: Uint8Array): Uint8Array {
  return u8aConcat(xxhashAsU8a(bytes, 64), bytes);
}

/** Milliseconds since 1970 as of the block (pallet_timestamp): u64. */
export const TIMESTAMP_KEY = itemKey('Timestamp', 'Now');

/** Who votes for finality, and the weight of each (pallet_grandpa). */
export const GRANDPA_AUTHORITIES_KEY = itemKey('Grandpa', 'Authorities');

const CHILD_PREFIX = new TextEncoder().encode(':child_storage:default:');

/** Where the state trie keeps the root of a child trie (sp_core::storage::well_known_keys). */
export function childRootKey(trieId: Uint8Array): Uint8Array {
  return u8aConcat(CHILD_PREFIX, trieId);
}
