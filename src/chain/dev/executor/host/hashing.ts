import { createHash } from 'node:crypto';
import { blake2AsU8a, keccakAsU8a, xxhashAsU8a } from '@polkadot/util-crypto';
import type { StateVersion } from '../../trie/codec.ts';
import { orderedRoot, pairsRoot } from '../../trie/ordered.ts';
import type { FatPointer } from '../guest.ts';
import type { Host, HostFunctions } from './functions.ts';
import { decodeLists } from './scale.ts';

/** `ext_hashing_*`: a hash of some bytes. */
export function hashingFunctions({ guest }: Host): HostFunctions {
  const hash = (digest: (data: Uint8Array) => Uint8Array) => (data: FatPointer) =>
    guest.place(digest(guest.peek(data)));
  return {
    ext_hashing_blake2_128_version_1: hash((data) => blake2AsU8a(data, 128)),
    ext_hashing_blake2_256_version_1: hash((data) => blake2AsU8a(data, 256)),
    ext_hashing_twox_64_version_1: hash((data) => xxhashAsU8a(data, 64)),
    ext_hashing_twox_128_version_1: hash((data) => xxhashAsU8a(data, 128)),
    ext_hashing_twox_256_version_1: hash((data) => xxhashAsU8a(data, 256)),
    ext_hashing_keccak_256_version_1: hash((data) => keccakAsU8a(data, 256)),
    ext_hashing_keccak_512_version_1: hash((data) => keccakAsU8a(data, 512)),
    ext_hashing_sha2_256_version_1: hash((data) => createHash('sha256').update(data).digest()),
  };
}

/** `ext_trie_*`: the root of a trie of values that the runtime gives, such as a block's extrinsics. */
export function trieFunctions({ guest }: Host): HostFunctions {
  const ordered = (items: FatPointer, version: number): number =>
    guest.place(orderedRoot(decodeLists(guest.take(items)), version as StateVersion));
  const pairs = (list: FatPointer, version: number): number => {
    const flat = decodeLists(guest.take(list), 2);
    const keyed = flat.flatMap((key, index): [string, Uint8Array][] =>
      index % 2 === 0 ? [[Buffer.from(key).toString('hex'), flat[index + 1] ?? key]] : [],
    );
    return guest.place(pairsRoot(keyed, version as StateVersion));
  };
  return {
    ext_trie_blake2_256_ordered_root_version_1: (items: FatPointer) => ordered(items, 0),
    ext_trie_blake2_256_ordered_root_version_2: ordered,
    ext_trie_blake2_256_root_version_1: (list: FatPointer) => pairs(list, 0),
    ext_trie_blake2_256_root_version_2: pairs,
  };
}
