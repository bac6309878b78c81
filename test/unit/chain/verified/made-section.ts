import { TypeRegistry } from '@polkadot/types';
import { compactAddLength, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { sectionRoot } from '../../../../src/chain/verified/section-root.ts';
import { blake2Concat, itemKey } from '../../../../src/chain/verified/storage-keys.ts';

/** polkadot.js encodes what the code under test decodes. */
const registry = new TypeRegistry();
const owner = new Uint8Array(32).fill(5);

const scale = (type: string, value: unknown): Uint8Array => registry.createTypeUnsafe(type, [value]).toU8a();
const text = (words: string): Uint8Array => compactAddLength(stringToU8a(words));
export const blake256 = (bytes: Uint8Array): Uint8Array => blake2AsU8a(bytes, 256);

/** An entry that holds its value, as chain/pallets/csc/src/types.rs encodes it. */
export function inlineEntry(value: string): Uint8Array {
  return u8aConcat([0], text(value), text('text/plain'), scale('u64', 3), [0]);
}

/** An entry that names an artefact. */
export function artifactEntry(digest: string, size: number): Uint8Array {
  return u8aConcat([1], Buffer.from(digest, 'hex'), scale('u64', size), text('text/plain'), scale('u64', 3), [0]);
}

/** Where a runtime keeps an entry of the section that `sectionItems` makes; hexadecimal, without prefix. */
export function entryKey(key: string): string {
  return plain(u8aConcat(itemKey('Csc', 'Entries'), blake2Concat(owner), blake2Concat(text(key))));
}

/** The storage of a runtime that keeps `network-section-1`, with what may be wrong about its head. */
export function sectionItems(
  entries: Readonly<Record<string, Uint8Array>>,
  head: { version?: number; root?: Uint8Array; count?: number } = {},
): Record<string, Uint8Array> {
  const index = Object.entries(entries).map(([key, bytes]) => ({ key, digest: blake256(bytes), size: bytes.length }));
  const { version = 3, count = index.length, root = sectionRoot(index) } = head;
  const name = u8aConcat(
    itemKey('Scl', 'Contracts'),
    blake2Concat(text('local')),
    blake2Concat(u8aConcat([0], text('network-section-1'))),
  );
  const items = index.map(({ key, digest, size }) => [key, u8aToHex(digest), size]);
  return {
    [plain(name)]: u8aConcat(owner, [1], new Uint8Array(40)),
    [plain(u8aConcat(itemKey('Csc', 'Sections'), blake2Concat(owner)))]: scale('(u64, [u8; 32], u32, [u8; 32])', [
      version,
      `0x${'07'.repeat(32)}`,
      count,
      u8aToHex(root),
    ]),
    [plain(u8aConcat(itemKey('Csc', 'Indexes'), blake2Concat(owner)))]: scale('Vec<(Text, [u8; 32], u32)>', items),
    ...Object.fromEntries(Object.entries(entries).map(([key, bytes]) => [entryKey(key), bytes])),
  };
}

function plain(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
