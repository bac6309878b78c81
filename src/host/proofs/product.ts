import { createCipheriv, createHash } from 'node:crypto';
import { digest } from './seed.ts';

/** Entries are 0 to 127: with at most 512 rows every sum is below 2^23, so single precision gives it exactly, in any order. */
const ENTRY_MASK = 0x7f;
/** Of the vector of a check: products with it stay below 2^53, so double precision gives them exactly. */
const VECTOR_BITS = 20;

/** The two factors of product `index` of a round, rows one after the other. */
export function factors(seed: string, index: number, size: number): { left: Uint8Array; right: Uint8Array } {
  const key = digest('logos-product-1', seed, String(index));
  const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(2 * size * size));
  for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) & ENTRY_MASK;
  return { left: bytes.subarray(0, size * size), right: bytes.subarray(size * size) };
}

/** The product, on this thread. */
export function multiply(left: Uint8Array, right: Uint8Array, size: number): Float32Array {
  const product = new Float32Array(size * size);
  const b = Float32Array.from(right);
  for (let row = 0; row < size; row++) {
    const into = product.subarray(row * size, (row + 1) * size);
    for (let k = 0; k < size; k++) {
      const a = left[row * size + k] ?? 0;
      for (let column = 0, at = k * size; column < size; column++, at++)
        into[column] = (into[column] ?? 0) + a * (b[at] ?? 0);
    }
  }
  return product;
}

/** SHA-256 of a product, hexadecimal. */
export function productDigest(product: Float32Array): string {
  return createHash('sha256').update(bytesOf(product)).digest('hex');
}

export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** `undefined` when the length is not that of a product. */
export function productOf(bytes: Uint8Array, size: number): Float32Array | undefined {
  if (bytes.length !== 4 * size * size) return undefined;
  const copy = new Uint8Array(bytes);
  return new Float32Array(copy.buffer);
}

/**
 * Freivalds' check: whether `left × right` is `product`, in a few n² instead of n³ operations. Takes a wrong one for right
 * with a probability of at most 2^-20 in each trial (R. Freivalds, Probabilistic machines can use less running time, 1977).
 */
export function isProduct(
  { left, right, product, size }: { left: Uint8Array; right: Uint8Array; product: Float32Array; size: number },
  { trials, random }: { trials: number; random: () => number },
): boolean {
  // Anything else (a fraction, NaN) is no sum of these entries, and could not be counted exactly.
  if (!product.every((entry) => Number.isInteger(entry) && entry >= 0 && entry < 2 ** 23)) return false;
  for (let trial = 0; trial < trials; trial++) {
    const vector = Float64Array.from({ length: size }, () => Math.floor(random() * 2 ** VECTOR_BITS));
    const expected = times(left, times(right, vector, size), size);
    const given = times(product, vector, size);
    if (expected.some((value, at) => value !== given[at])) return false;
  }
  return true;
}

function times(matrix: Uint8Array | Float32Array, vector: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, row) => {
    let sum = 0;
    for (let column = 0, at = row * size; column < size; column++, at++) {
      sum += (matrix[at] ?? 0) * (vector[column] ?? 0);
    }
    return sum;
  });
}
