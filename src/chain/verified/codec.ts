import { TypeRegistry } from '@polkadot/types';
import type { Codec } from '@polkadot/types/types';
import { z } from 'zod';
import type { Hash } from '../types.ts';

/** polkadot.js' own definitions of headers and of GRANDPA's messages; no metadata of a chain is needed for them. */
const registry = new TypeRegistry();

/**
 * Decodes SCALE bytes, all of them: what does not encode to the same bytes again is refused.
 * Throws whatever polkadot.js throws.
 */
export function decodeExactly<T extends Codec>(type: string, bytes: Uint8Array): T {
  return registry.createTypeUnsafe<T>(type, [bytes], { isPedantic: true });
}

/** SCALE bytes of a value in its JSON form. */
export function encode(type: string, value: unknown): Uint8Array {
  return registry.createTypeUnsafe(type, [value]).toU8a();
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
