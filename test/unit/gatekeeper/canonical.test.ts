import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../../src/system/canonical.ts';
import type { Json } from '../../../src/system/journal.ts';
import { cases } from '../../cases.ts';

/** The same value with the keys of its objects in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  );
}

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 as the RFC does', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('says the same of equal values and reads back as what it wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), (value) => {
        const text = canonicalJson(value as Json);
        expect(canonicalJson(shuffled(value as Json))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: cases(300) },
    );
  });

  it('refuses what JSON has no form for', () => {
    for (const value of [
      Number.NaN,
      Infinity,
      undefined,
      1n,
      () => 1,
      new Date(),
      { a: undefined },
      [undefined],
      new Map(),
    ]) {
      expect(() => canonicalJson(value as unknown as Json)).toThrow(
        expect.objectContaining({ code: 'json-not-canonical' }),
      );
    }
    let deep: Json = 1;
    for (let level = 0; level < 70; level += 1) deep = [deep];
    expect(() => canonicalJson(deep)).toThrow(/deeper than 64/);
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    expect(() => canonicalJson([, 1] as unknown as Json)).toThrow(/no JSON form/);
  });

  it('knows the digest of "abc" (FIPS 180-4)', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
