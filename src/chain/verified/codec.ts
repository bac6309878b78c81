import { _void, Bytes, type Codec, compact, Enum, Struct, Tuple, u32, u64, Vector } from 'scale-ts';
import { z } from 'zod';
import type { Hash } from '../types.ts';

const hash = Bytes(32);

/** An entry of a header's digest (sp_runtime::generic::DigestItem). */
const digestItem = Enum(
  {
    Other: Bytes(),
    Consensus: Tuple(Bytes(4), Bytes()),
    Seal: Tuple(Bytes(4), Bytes()),
    PreRuntime: Tuple(Bytes(4), Bytes()),
    RuntimeEnvironmentUpdated: _void,
  },
  [0, 4, 5, 6, 8],
);

/** sp_runtime::generic::Header, with block numbers of 32 bits. */
export const headerCodec = Struct({
  parentHash: hash,
  number: compact,
  stateRoot: hash,
  extrinsicsRoot: hash,
  digest: Vector(digestItem),
});

/** sc_consensus_grandpa::GrandpaJustification. */
export const justificationCodec = Struct({
  round: u64,
  targetHash: hash,
  targetNumber: u32,
  precommits: Vector(Struct({ targetHash: hash, targetNumber: u32, signature: Bytes(64), id: hash })),
  votesAncestries: Vector(headerCodec),
});

/** sp_consensus_grandpa::AuthorityList. */
export const authoritiesCodec = Vector(Tuple(hash, u64));

/**
 * Decodes SCALE bytes, all of them: what does not encode to the same bytes again is refused.
 * Throws whatever scale-ts throws, or RangeError.
 */
export function decodeExactly<T>(codec: Codec<T>, bytes: Uint8Array): T {
  // A copy, since scale-ts reads from the beginning of the memory that a view is of.
  const value = codec.dec(new Uint8Array(bytes));
  if (!sameBytes(codec.enc(value), bytes)) throw new RangeError('bytes that are of no value of this type');
  return value;
}

export const hashSchema = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
/** Proofs have millions of digits: the expression must not repeat a group. */
export const bytesSchema = z
  .string()
  .regex(/^0x[0-9a-f]*$/i)
  .refine((hex) => hex.length % 2 === 0)
  .transform((hex): Uint8Array => Buffer.from(hex.slice(2), 'hex'));

export function toHash(bytes: Uint8Array): Hash {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

export function fromHash(hash: Hash): Uint8Array {
  return Buffer.from(hash.slice(2), 'hex');
}

export function concatBytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const made = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
