import { Bytes, type CodecType, Enum, Option, Struct, str, Tuple, u32, u64, Vector } from 'scale-ts';
import { answerInvalid } from '../errors.ts';
import type { ConfigurationEntry, ConfigurationValue, Hash } from '../types.ts';
import { concatBytes, decodeExactly, sameBytes, toHash } from './codec.ts';
import type { VerifiedState } from './reader.ts';
import { type IndexItem, sectionRoot } from './section-root.ts';
import { blake2Concat, itemKey } from './storage-keys.ts';

/** A section that the runtime itself keeps (pallet CSC), as of one block. */
export interface PalletSection {
  readonly version: number;
  readonly digest: Hash;
  readonly index: readonly IndexItem[];
}

/** How the pallet encodes what it keeps (chain/pallets/csc/src/types.rs). */
const head = Tuple(u64, Bytes(32), u32, Bytes(32));
const index = Vector(Tuple(str, Bytes(32), u32));
const entry = Struct({
  value: Enum({ Inline: Bytes(), Artifact: Struct({ digest: Bytes(32), size: u64 }) }),
  mediaType: str,
  version: u64,
  previous: Option(Bytes(32)),
});

/** What an entry says, without its key. */
export type SectionValue = Omit<ConfigurationEntry, 'key'>;

/**
 * Head and index of the section that an account owns, with proof; `undefined` where it is proven to own none. The index
 * must be the one that the head's Merkle root is of. Throws ExternalError `chain-answer-invalid` or what the state does.
 */
export async function readPalletSection(state: VerifiedState, owner: Uint8Array): Promise<PalletSection | undefined> {
  const key = blake2Concat(owner);
  const keys = ['Sections', 'Indexes'].map((item) => concatBytes(itemKey('Csc', item), key));
  const [sections, indexes] = await state.read(keys);
  if (sections === undefined) return undefined;
  const [version, digest, count, root] = decodeExactly(head, sections);
  const items = (indexes === undefined ? [] : decodeExactly(index, indexes)).map(
    ([name, hash]): IndexItem => ({ key: name, digest: hash }),
  );
  if (items.length !== count || !sameBytes(sectionRoot(items), root)) throw answerInvalid('a section');
  return { version: Number(version), digest: toHash(digest), index: items };
}

/**
 * Entries of a section, in the order of `items`. They need no proof of their own: whoever gives them, each must have the
 * digest that the index says.
 */
export async function readPalletEntries(
  state: VerifiedState,
  owner: Uint8Array,
  items: readonly IndexItem[],
): Promise<SectionValue[]> {
  const prefix = concatBytes(itemKey('Csc', 'Entries'), blake2Concat(owner));
  const wanted = items.map(({ key, digest }) => ({ key: concatBytes(prefix, blake2Concat(str.enc(key))), digest }));
  return (await state.readByDigest(wanted)).map((bytes) => {
    const { value, mediaType, version } = decodeExactly(entry, bytes);
    return { value: configured(value), mediaType, version: Number(version) };
  });
}

function configured({ tag, value }: CodecType<typeof entry>['value']): ConfigurationValue {
  if (tag === 'Inline') return { kind: 'inline', bytes: value };
  return { kind: 'artifact', digest: toHash(value.digest).slice(2), size: Number(value.size) };
}
