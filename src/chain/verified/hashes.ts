import { createBLAKE2b, createXXHash64, type IHasher } from 'hash-wasm';
import { Bug } from '../../system/errors.ts';

interface Hashers {
  readonly blake256: IHasher;
  readonly blake128: IHasher;
  /** With the seeds 0 and 1. */
  readonly xx: readonly [IHasher, IHasher];
}

/** Compiled once for the whole process: each is a small module of WebAssembly, and nothing of a call stays in it. */
let hashers: Hashers | undefined;

/** Gets the hash functions ready. Whoever uses them waits for this once. */
export async function hashesReady(): Promise<void> {
  hashers ??= {
    blake256: await createBLAKE2b(256),
    blake128: await createBLAKE2b(128),
    xx: [await createXXHash64(0), await createXXHash64(1)],
  };
}

/** BLAKE2b with a digest of 32 bytes. */
export function blake256(bytes: Uint8Array): Uint8Array {
  return digest(ready().blake256, bytes);
}

/** BLAKE2b with a digest of 16 bytes. */
export function blake128(bytes: Uint8Array): Uint8Array {
  return digest(ready().blake128, bytes);
}

/** xxHash64 as Substrate writes it: its bytes in little-endian order. */
export function twox64(bytes: Uint8Array): Uint8Array {
  return digest(ready().xx[0], bytes).reverse();
}

/** Two of them, with the seeds 0 and 1. */
export function twox128(bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(16);
  for (const [index, hasher] of ready().xx.entries()) made.set(digest(hasher, bytes).reverse(), index * 8);
  return made;
}

function digest(hasher: IHasher, bytes: Uint8Array): Uint8Array {
  hasher.init();
  hasher.update(bytes);
  return hasher.digest('binary');
}

function ready(): Hashers {
  if (hashers === undefined) throw new Bug('The hash functions are used before hashesReady().');
  return hashers;
}
