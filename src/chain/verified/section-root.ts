import { str } from 'scale-ts';
import { concatBytes } from './codec.ts';
import { blake256 } from './hashes.ts';

/** What a section's index says of an entry: BLAKE2b-256 of its SCALE bytes. */
export interface IndexItem {
  readonly key: string;
  readonly digest: Uint8Array;
}

const LEAF = 0;
const NODE = 1;

/**
 * Root of the Merkle tree over a section's entries, whose index is in the byte order of the keys (pallet CSC, merkle.rs):
 * zeros where there are none, and the last one of an odd row goes up as it is.
 */
export function sectionRoot(index: readonly IndexItem[]): Uint8Array {
  let row = index.map(({ key, digest }) => hash([LEAF], str.enc(key), digest));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [left, right] = row.slice(at, at + 2);
      if (left !== undefined) above.push(right === undefined ? left : hash([NODE], left, right));
    }
    row = above;
  }
  return row[0] ?? new Uint8Array(32);
}

function hash(...parts: (Uint8Array | number[])[]): Uint8Array {
  return blake256(concatBytes(...parts));
}
