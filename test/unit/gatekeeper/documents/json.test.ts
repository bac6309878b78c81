import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../../../src/gatekeeper/documents/index.ts';
import { cases } from '../../../cases.ts';
import { JSON_CASES } from '../../../corpora/suites.ts';
import { bytes } from './verdict.ts';

/** Whether a key of it is written with an escape. */
const hasEscapedKey = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(([key, inner]) => JSON.stringify(key).includes('\\') || hasEscapedKey(inner));

describe('strict JSON', () => {
  it('reads what JSON.parse reads when no key comes twice or needs an escape', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        // Whole numbers of 16 digits and more can be past 2^53.
        fc.pre(!text.includes('__proto__') && !/[0-9]{16}/.test(text) && !hasEscapedKey(value));
        expect(parseStrictJson(bytes(text), 1e6)).toEqual(JSON.parse(text));
      }),
      { numRuns: cases(300) },
    );
  });

  it.each([
    ['{"a":1,"a":2}', /key "a" twice/],
    ['{"a":1,"\\u0061":2}', /key "a" twice/],
    ['{"x":[{"a":{},"a":1}]}', /twice/],
    ['{"a":1,"\\t":1}', /written with an escape/],
    ['{"__proto__":{"admin":true}}', /__proto__/],
    ['{"a":{"\\u005f_proto__":1}}', /__proto__/],
    ['['.repeat(40) + ']'.repeat(40), /deeper than 32/],
    ['{"a":1}x', /JSON/],
    ['\uFEFF{}', /byte order mark/],
    ['', /JSON/],
    ['"\\ud800"', /surrogate/],
    ['{"\\udc00":1}', /surrogate/],
    ['9007199254740993', /precision/],
    ['[1e400]', /precision/],
    ['[1e-400]', /precision/],
    ['0.1000000000000000055511151231257827', /precision/],
    ['\x1b[31m', /not JSON: \P{Cc}*$/u],
  ])('refuses %s', (text, why) => {
    expect(() => parseStrictJson(bytes(text), 1e6)).toThrow(why);
  });

  it('takes the same key in two objects, and brackets and colons in strings', () => {
    expect(parseStrictJson(bytes('[{"a":"}{:\\"["},{"a":2}]'), 100)).toEqual([{ a: '}{:"[' }, { a: 2 }]);
  });

  it('refuses broken UTF-8 and too many bytes', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), 100)).toThrow();
    expect(() => parseStrictJson(bytes('"12345"'), 6)).toThrow(/7 bytes/);
  });
});

describe('JSONTestSuite', () => {
  const verdict = (text: string): string => {
    try {
      parseStrictJson(Buffer.from(text), 1024 * 1024);
      return 'accept';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  const of = (prefix: string): [string, string][] =>
    JSON_CASES.filter(([name]) => name.startsWith(prefix)).map(([name, text]) => [name, verdict(text)]);

  it('reads all that is JSON, but for the two with a key twice and the one with an escape in a key', () => {
    const twice = 'DocumentFault: it has the key "a" twice';
    expect(of('y_')).toHaveLength(95);
    expect(of('y_').filter(([, it]) => it !== 'accept')).toEqual([
      ['y_object_duplicated_key.json', twice],
      ['y_object_duplicated_key_and_value.json', twice],
      ['y_object_escaped_null_in_key.json', expect.stringContaining('written with an escape')],
    ]);
  });

  it('refuses all 176 that are not', () => {
    expect(of('n_')).toHaveLength(176);
    for (const [name, it] of of('n_')) expect([name, it]).toEqual([name, expect.stringMatching(/^DocumentFault: /)]);
  });

  it('refuses all 22 on which readers differ: numbers, surrogates, encodings, depth', () => {
    expect(of('i_')).toHaveLength(22);
    for (const [name, it] of of('i_')) {
      expect([name, it]).toEqual([
        name,
        expect.stringMatching(/^DocumentFault: .*(loses precision|surrogate|not UTF-8|byte order mark|deeper)/),
      ]);
    }
  });
});
