import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, shown, unshown } from '../../../../src/guard/engine/names.ts';
import { cases } from '../../../cases.ts';

describe('names of files', () => {
  it('shows what is no text, and only that, by its bytes', () => {
    expect(shown('/plain/name')).toBe('/plain/name');
    expect(shown(fromText('/grün/日本/😀'))).toBe('/grün/日本/😀');
    expect(shown('/a\nb\\c\xff')).toBe('/a\\x0ab\\\\c\\xff');
    // Half a character, and one that is too long for what it means.
    expect(shown('\xe6\x97')).toBe('\\xe6\\x97');
    expect(shown('\xc0\xaf')).toBe('\\xc0\\xaf');
  });

  it('can be read back, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array).toString('latin1'));
    fc.assert(
      fc.property(bytes, (name) => {
        expect(unshown(shown(name))).toBe(name);
        expect([...shown(name)].every((character) => character >= ' ' && character !== '\u007f')).toBe(true);
      }),
      { numRuns: cases(500) },
    );
  });
});
