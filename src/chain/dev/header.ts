import { compactFromU8a, compactToU8a, u8aConcat } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { fromHex, type Hex, toHex } from './hex.ts';

/** A block header in the form that the JSON-RPC speaks (sp_runtime::generic::Header). */
export interface Header {
  parentHash: Hex;
  /** Hexadecimal, as the RPC has it. */
  number: Hex;
  stateRoot: Hex;
  extrinsicsRoot: Hex;
  digest: { logs: Hex[] };
}

const ZERO_HASH = new Uint8Array(32);

/** BLAKE2b-256 of the header's SCALE bytes. */
export function headerHash(header: Hex): Hex {
  return toHex(blake2AsU8a(fromHex(header), 256));
}

/** The header that `Core_initialize_block` takes: roots are filled in by the runtime when it finalizes the block. */
export function draftHeader(parentHash: Hex, number: number, slot: bigint): Hex {
  return encode(fromHex(parentHash), number, ZERO_HASH, ZERO_HASH, [babePreDigest(slot)]);
}

/** The header of block 0. Its extrinsics root is that of an empty list, BLAKE2b-256 in an empty trie. */
export function genesisHeader(stateRoot: Hex): Hex {
  const emptyRoot = fromHex('0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314');
  return encode(ZERO_HASH, 0, fromHex(stateRoot), emptyRoot, []);
}

/** Reads a header's SCALE bytes. */
export function decodeHeader(encoded: Hex): Header {
  const bytes = fromHex(encoded);
  const [length, number] = compactFromU8a(bytes.subarray(32));
  let at = 32 + length;
  const stateRoot = toHex(bytes.subarray(at, at + 32));
  const extrinsicsRoot = toHex(bytes.subarray(at + 32, at + 64));
  at += 64;
  const logs: Hex[] = [];
  const [countLength, count] = compactFromU8a(bytes.subarray(at));
  at += countLength;
  for (let index = 0; index < count.toNumber(); index += 1) {
    const end = at + digestItemLength(bytes.subarray(at));
    logs.push(toHex(bytes.subarray(at, end)));
    at = end;
  }
  return {
    parentHash: toHex(bytes.subarray(0, 32)),
    number: `0x${number.toString(16)}`,
    stateRoot,
    extrinsicsRoot,
    digest: { logs },
  };
}

/** The SCALE bytes of a header that the RPC gave. */
export function encodeHeader({ parentHash, number, stateRoot, extrinsicsRoot, digest }: Header): Hex {
  return encode(
    fromHex(parentHash),
    Number(number),
    fromHex(stateRoot),
    fromHex(extrinsicsRoot),
    digest.logs.map(fromHex),
  );
}

function encode(
  parent: Uint8Array,
  number: number,
  stateRoot: Uint8Array,
  extrinsicsRoot: Uint8Array,
  logs: readonly Uint8Array[],
): Hex {
  return toHex(u8aConcat(parent, compactToU8a(number), stateRoot, extrinsicsRoot, compactToU8a(logs.length), ...logs));
}

/** A secondary, plain claim of the slot by authority 0 (sp_consensus_babe::digests::PreDigest): it needs no VRF. */
function babePreDigest(slot: bigint): Uint8Array {
  const claim = new DataView(new ArrayBuffer(13));
  claim.setUint8(0, 2);
  claim.setUint32(1, 0, true);
  claim.setBigUint64(5, slot, true);
  const body = new Uint8Array(claim.buffer);
  return u8aConcat([PRE_RUNTIME], new TextEncoder().encode('BABE'), compactToU8a(body.length), body);
}

/** Variants of sp_runtime::generic::DigestItem. */
const OTHER = 0;
const PRE_RUNTIME = 6;
const ENVIRONMENT_UPDATED = 8;

function digestItemLength(bytes: Uint8Array): number {
  const variant = bytes[0];
  if (variant === ENVIRONMENT_UPDATED) return 1;
  const prefix = variant === OTHER ? 1 : 5; // all others name their engine in four bytes
  const [offset, length] = compactFromU8a(bytes.subarray(prefix));
  return prefix + offset + length.toNumber();
}
