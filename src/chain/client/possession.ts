import { createHash } from 'node:crypto';
import type { AnchoredData } from '../contract-types.ts';
import type { Hash } from '../types.ts';

/** Data is proved in pieces of this size, in bytes. The last one may be shorter. */
const CHUNK_BYTES = 1024;

/** What data is known by on chain: the Merkle tree hash of RFC 9162 over its pieces, and its size. */
export function describeData(data: Uint8Array): AnchoredData {
  return { root: hex(levels(data).at(-1)?.[0] ?? leafOf(data)), size: data.length };
}

/** A piece of data, and its path in the Merkle tree from its neighbour up. */
export function provePiece(data: Uint8Array, index: number): { chunk: Hash; path: Hash[] } {
  const path: Hash[] = [];
  let position = index;
  for (const level of levels(data)) {
    const sibling = level[position ^ 1];
    // The last node of a level of odd length goes up as it is.
    if (sibling !== undefined) path.push(hex(sibling));
    position >>= 1;
  }
  return { chunk: hex(data.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)), path };
}

/** The tree's levels, from the leaves to the root. A node without a neighbour is the next level's last. */
function levels(data: Uint8Array): Uint8Array[][] {
  let level: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += CHUNK_BYTES) level.push(leafOf(data.subarray(at, at + CHUNK_BYTES)));
  const all = [level];
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left !== undefined) next.push(right === undefined ? left : hashOf(1, left, right));
    }
    level = next;
    all.push(level);
  }
  return all;
}

function leafOf(chunk: Uint8Array): Uint8Array {
  return hashOf(0, chunk);
}

function hashOf(prefix: number, ...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(Uint8Array.of(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function hex(bytes: Uint8Array): Hash {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
