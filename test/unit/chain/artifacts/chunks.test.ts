import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  ChunkCutter,
  chunkCount,
  chunkLength,
  ManifestBuilder,
  manifestLimit,
  manifestText,
  parseManifest,
  trivialManifest,
} from '../../../../src/chain/artifacts/chunks.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';

/** Lengths around the borders of chunks, where mistakes live. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 3 * CHUNK_BYTES }),
  fc.constantFrom(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 1),
);

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

describe('chunks', () => {
  it('are the same however the bytes come', () => {
    fc.assert(
      fc.property(
        size,
        fc.array(fc.integer({ min: 1, max: CHUNK_BYTES + 7 }), { minLength: 1, maxLength: 8 }),
        (length, steps) => {
          const bytes = bytesOf(length);
          const cutter = new ChunkCutter();
          const builder = new ManifestBuilder();
          for (let at = 0, step = 0; at < length; step += 1) {
            const next = steps[step % steps.length] ?? 1;
            for (const chunk of cutter.push(bytes.subarray(at, at + next))) builder.add(chunk);
            at += next;
          }
          const rest = cutter.rest();
          if (rest) builder.add(rest);
          const manifest = builder.finish();
          expect(manifest.digest).toBe(sha256Hex(bytes));
          expect(manifest.chunks).toEqual(
            Array.from({ length: chunkCount(length) }, (_, index) =>
              sha256Hex(bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
            ),
          );
          const reference = { digest: manifest.digest, size: length };
          expect(parseManifest(manifestText(manifest), reference)).toEqual(manifest);
          expect(manifestText(manifest).length).toBeLessThanOrEqual(manifestLimit(length));
          if (length <= CHUNK_BYTES) expect(trivialManifest(reference)).toEqual(manifest);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('have lengths that make up the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 42 }), (length) => {
        const count = chunkCount(length);
        if (count === 0) return;
        const last = chunkLength(length, count - 1);
        expect(last).toBeGreaterThan(0);
        expect((count - 1) * CHUNK_BYTES + last).toBe(length);
      }),
    );
  });

  it('of a manifest that does not fit are refused, whatever it holds', () => {
    const reference = { digest: 'ab'.repeat(32), size: 2 * CHUNK_BYTES };
    const good = { version: 1, ...reference, chunkBytes: CHUNK_BYTES, chunks: ['cd'.repeat(32), 'ef'.repeat(32)] };
    expect(parseManifest(JSON.stringify(good), reference)).toEqual(good);
    const bad = [
      { ...good, digest: 'ac'.repeat(32) },
      { ...good, size: 1 },
      { ...good, version: 2 },
      { ...good, chunkBytes: 1024 },
      { ...good, chunks: good.chunks.slice(1) },
      { ...good, chunks: [good.chunks[0], '../../etc/passwd'] },
      { ...good, more: 1 },
    ];
    for (const one of bad) expect(parseManifest(JSON.stringify(one), reference)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseManifest(text, reference)).toBeUndefined();
      }),
    );
  });
});
