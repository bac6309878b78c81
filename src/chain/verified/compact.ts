import { compact } from 'scale-ts';

/** The longest form of a length: one byte, and four of the number. */
const MOST_BYTES = 5;

/** Reads a length from the beginning of `bytes`: how many bytes it takes, and the length. Throws RangeError beyond 2^31. */
export function readCompact(bytes: Uint8Array): [offset: number, length: number] {
  const value = compact.dec(new Uint8Array(bytes.subarray(0, MOST_BYTES)));
  const length = Number(value);
  if (length >= 2 ** 31) throw new RangeError('a length that nothing has');
  return [compact.enc(value).length, length];
}
