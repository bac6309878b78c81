import { compactAddLength, stringToU8a, u8aConcat, u8aEq } from '@polkadot/util';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { Hash } from '../types.ts';
import { decodeExactly, fromHash, hashSchema } from './codec.ts';
import type { VerifiedState } from './reader.ts';
import { type IndexItem, sectionRoot } from './section-root.ts';
import { blake2Concat, itemKey } from './storage-keys.ts';

/** A section that the runtime itself keeps (pallet CSC), as of one block. */
export interface PalletSection {
  readonly version: number;
  readonly digest: Hash;
  readonly index: readonly IndexItem[];
}

const SECTIONS = itemKey('Csc', 'Sections');
const INDEXES = itemKey('Csc', 'Indexes');
const ENTRIES = itemKey('Csc', 'Entries');
const HEAD = '(u64, [u8; 32], u32, [u8; 32])';
const INDEX = 'Vec<(Text, [u8; 32], u32)>';
const ENTRY =
  '{"value":{"_enum":{"Inline":"Bytes","Artifact":{"digest":"[u8; 32]","size":"u64"}}},"mediaType":"Text","version":"u64","previous":"Option<[u8; 32]>"}';

const head = z.tuple([z.number(), hashSchema, z.number(), hashSchema]);
const index = z.array(z.tuple([z.string(), hashSchema, z.number()]));

/**
 * Head and index of the section that an account owns, with proof; `undefined` where it is proven to own none. The index
 * must be the one that the head's Merkle root is of. Throws ExternalError `chain-answer-invalid` or what the state does.
 */
export async function readPalletSection(state: VerifiedState, owner: Uint8Array): Promise<PalletSection | undefined> {
  const key = blake2Concat(owner);
  const [sections, indexes] = await state.read([u8aConcat(SECTIONS, key), u8aConcat(INDEXES, key)]);
  if (sections === undefined) return undefined;
  const [version, digest, count, root] = head.parse(decodeExactly(HEAD, sections).toJSON());
  const items = index
    .parse(indexes === undefined ? [] : decodeExactly(INDEX, indexes).toJSON())
    .map(([name, hash]): IndexItem => ({ key: name, digest: fromHash(hash) }));
  if (items.length !== count || !u8aEq(sectionRoot(items), fromHash(root))) throw answerInvalid('a section');
  return { version, digest, index: items };
}

/**
 * Entries of a section in the JSON form of polkadot.js, in the order of `items`. They need no proof of their own: whoever
 * gives them, each must have the digest that the index says.
 */
export async function readPalletEntries(
  state: VerifiedState,
  owner: Uint8Array,
  items: readonly IndexItem[],
): Promise<unknown[]> {
  const prefix = u8aConcat(ENTRIES, blake2Concat(owner));
  const wanted = items.map(({ key, digest }) => ({
    key: u8aConcat(prefix, blake2Concat(compactAddLength(stringToU8a(key)))),
    digest,
  }));
  return (await state.readByDigest(wanted)).map((bytes) => decodeExactly(ENTRY, bytes).toJSON());
}
