import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeData, provePiece } from '../../../src/chain/client/possession.ts';

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The tree hash of RFC 9162, section 2.1.1, by its recursive definition. */
function treeHash(chunks: readonly Uint8Array[]): Buffer {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return sha256(Uint8Array.of(0), only);
  const middle = 2 ** Math.ceil(Math.log2(chunks.length) - 1);
  return sha256(Uint8Array.of(1), treeHash(chunks.slice(0, middle)), treeHash(chunks.slice(middle)));
}

/** The verification of section 2.1.3.2, as the contract does it. */
function includes(root: string, count: number, index: number, chunk: string, path: readonly string[]): boolean {
  const from = (hex: string) => Buffer.from(hex.slice(2), 'hex');
  let [position, last] = [index, count - 1];
  let hash = sha256(Uint8Array.of(0), from(chunk));
  for (const sibling of path) {
    if (last === 0) return false;
    if (position & 1 || position === last) {
      hash = sha256(Uint8Array.of(1), from(sibling), hash);
      while (!(position & 1) && position !== 0) [position, last] = [position >> 1, last >> 1];
    } else hash = sha256(Uint8Array.of(1), hash, from(sibling));
    [position, last] = [position >> 1, last >> 1];
  }
  return last === 0 && hash.equals(from(root));
}

it('proves every piece of any data by a path that the contract takes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 * 1024 }), fc.nat(), (size, pick) => {
      const data = new Uint8Array(size).map((_, index) => (index * 31) >> 3);
      const chunks = Array.from({ length: Math.ceil(size / 1024) }, (_, at) =>
        data.subarray(at * 1024, at * 1024 + 1024),
      );
      const { root, size: told } = describeData(data);
      expect(told).toBe(size);
      expect(root).toBe(`0x${treeHash(chunks).toString('hex')}`);
      const index = pick % chunks.length;
      const { chunk, path } = provePiece(data, index);
      expect(includes(root, chunks.length, index, chunk, path)).toBe(true);
      expect(includes(root, chunks.length, index, `${chunk}00`, path)).toBe(false);
    }),
  );
});
