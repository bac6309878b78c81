import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { DocumentFault, parseStrictYaml, parseStrictYamlStream } from '../../../../src/gatekeeper/documents/index.ts';
import { cases } from '../../../cases.ts';
import { YAML_CASES } from '../../../corpora/suites.ts';
import { bytes } from './verdict.ts';

const read = (text: string): unknown => parseStrictYaml(bytes(text));

describe('strict YAML', () => {
  it.each([
    ['a: 1\nb: [x, "y", {c: d}]\n', { a: 1, b: ['x', 'y', { c: 'd' }] }],
    ['a: |\n  x\ty\n  z\n', { a: 'x\ty\nz\n' }],
    ['a: >-\n  fold\n  ed\n\n  x\n', { a: 'fold ed\nx' }],
    ['- true\n- False\n- ~\n- null\n-\n', [true, false, null, null, null]],
    ['[0, -7, +5, 0x1f, 1.5, 2.5e+3, 0.1]', [0, -7, 5, 31, 1.5, 2500, 0.1]],
    [
      '[10.0.0.1, 10.0.0.0/16, v1.30.2, a:b, https://x.y/z, 1.2.3]',
      ['10.0.0.1', '10.0.0.0/16', 'v1.30.2', 'a:b', 'https://x.y/z', '1.2.3'],
    ],
    ["'yes': 'no'", { yes: 'no' }],
    ['constructor: 1\ntoString: 2', { constructor: 1, toString: 2 }],
  ])('reads %j', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    // What other readers take for something else.
    ['a: yes', /boolean to YAML 1\.1/],
    ['a: Off', /boolean/],
    ['a: n', /boolean/],
    ['on: push', /boolean/],
    ['a: 010', /octal/],
    ['mode: 0644', /octal/],
    ['a: 0o17', /not a number to every reader/],
    ['a: 0b11', /not a number/],
    ['a: 1_000', /not the same number/],
    ['a: 1e3', /not the same number/],
    ['a: .5', /not the same number/],
    ['a: .', /not the same number/],
    ['a: E0', /not the same number/],
    ['a: 12:30', /base 60/],
    ['a: 52:54:00:12:34:56', /base 60/],
    ['a: 2001-12-14', /date/],
    ['a: 2001-12-14T21:59:43Z', /date/],
    ['a: =', /kind of its own|value of its own kind/],
    ['a: <<', /value of its own kind/],
    ['<<: {a: 1}', /value of its own kind/],
    ['a: .inf', /no number that JSON has/],
    ['a: -.NaN', /no number/],
    ['a: nULL', /case/],
    ['a: 9007199254740993', /precision/],
    ['a: -0', /precision/],
    ['a: -0.0', /precision/],
    ['a: 333333333.33333329', /precision/],
    // Structure.
    ['a: &x 1\nb: *x', /anchor/],
    ['a: *x', /alias/],
    ['a: !!str 1', /tag/],
    ['a: !vault x', /tag/],
    ['a: !!python/object/apply:os.system [id]', /tag/],
    ['? a\n: b', /marked by "\?"/],
    ['%YAML 1.1\n---\na: 1', /directive/],
    // PyYAML keeps the spaces, YAML 1.2 does not.
    ['- |+1\n   \n', /counts its own indentation/],
    ["a: 'b''\nc: 'd'\n", /quotes are not closed/],
    ['- # a\n#|\n b\n- - c\n', /several lines can not follow a comment/],
    ['- # a\n#|\n |\n- c\n', /several lines can not follow a comment/],
    ['a: "b\\"\nc: "d"\n', /quotes are not closed/],
    ['a: 1\na: 2', /line 2: it has the key "a" twice/],
    ['{a: 1, "a": 2}', /twice/],
    ['__proto__: {admin: true}', /__proto__/],
    ['a: {"__proto__": 1}', /__proto__/],
    ['1: a', /key is not a text/],
    ['[a]: b', /key is not a text/],
    ['x: {{ y }}', /key is not a text/],
    ['{a:1}', /has no value/],
    ['[a?b]', /must be in quotes/],
    ['a: 1\n---\nb: 2', /more than 1 YAML document/],
    ['', /empty/],
    ['# only a comment', /empty/],
    ['---\n...\n', /empty/],
    ['a:\t1', /tab/],
    ['a: x\ty', /tab/],
    ['a: x\r\nb: y', /not allowed/],
    ['# x\u2028b: 1\na: 1', /not allowed/],
    ['a: x\u0085b: 1', /not allowed/],
    ['a: "\u0000"', /not allowed/],
    ['\uFEFFa: 1', /byte order mark/],
    ['a: "\\ud800"', /surrogate/],
    ['a: "\\ud83d\\ude00"', /surrogate/],
    ['a: |\n  x', /last line has no end/],
    ['a: "x\\\n\n y"', /the end of a line/],
    ['>\n# x\n', /block scalar alone/],
    ['a: "x', /line 1/],
    ['[[['.repeat(20), /deeper than 32/],
    ['- '.repeat(40), /deeper than 32/],
  ])('refuses %j', (text, why) => {
    expect(() => read(text)).toThrow(why);
  });

  it('refuses a billion laughs at its first anchor', () => {
    const bomb = ['a: &a [x,x]', ...Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a,*a]`)].join('\n');
    expect(() => read(bomb)).toThrow(/line 1: an anchor/);
  });

  it('refuses what is too large, and broken UTF-8', () => {
    expect(() => parseStrictYaml(bytes('a: bcd'), { bytes: 5 })).toThrow(/6 bytes, and 5/);
    expect(() => parseStrictYaml(bytes('[1, 2, 3]'), { tokens: 5 })).toThrow(/more than 5 tokens/);
    expect(() => parseStrictYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff))).toThrow(/UTF-8/);
    expect(parseStrictYamlStream(bytes('a: 1\n---\nb: 2\n'))).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('reads back what the library writes, with its texts in quotes', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });
    fc.assert(
      fc.property(value, (data) => {
        const text = JSON.stringify(data);
        fc.pre(!text.includes('__proto__') && Object.keys(data).length > 0);
        const yaml = stringify(JSON.parse(text), { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' });
        let got: unknown;
        try {
          got = read(yaml);
        } catch (error) {
          // The library writes numbers as 1e-7, which YAML 1.1 takes for a text.
          expect(String(error)).toMatch(/not the same number|precision/);
          return;
        }
        expect(got).toEqual(JSON.parse(text));
      }),
      { numRuns: cases(300) },
    );
  });

  it.each([
    ['brackets', '['],
    ['lists in lists', '- '],
    ['maps in maps', 'a: '],
    ['quotes', '"'],
    ['escaped quotes', '"\\"'],
    ['comments', '#\n'],
    ['lines in a block', 'a: |\n x\n'],
    ['folded lines', ' x\n  y\n'],
    ['documents', '---\n'],
    ['closing brackets', '}]'],
    ['empty lines', '\n'],
  ])('is done with a mebibyte of %s within seconds', (_, piece) => {
    const text = piece.repeat(Math.floor((1024 * 1024) / piece.length));
    const from = performance.now();
    try {
      read(text);
    } catch (error) {
      expect(error).toBeInstanceOf(DocumentFault);
    }
    expect(performance.now() - from).toBeLessThan(8_000);
  });
});

describe('yaml-test-suite', () => {
  const cases = YAML_CASES;
  const outcome = (text: string): { values?: unknown[]; error?: Error } => {
    try {
      return { values: parseStrictYamlStream(bytes(text)) };
    } catch (error) {
      return { error: error as Error };
    }
  };

  it('refuses all 94 that are no YAML', () => {
    const wrong = cases.filter(({ fail }) => fail);
    expect(wrong).toHaveLength(94);
    for (const { id, yaml } of wrong) expect([id, outcome(yaml).error?.name]).toEqual([id, 'DocumentFault']);
  });

  it('reads the others as they are meant, or says why not', () => {
    const right = cases.filter(({ fail }) => !fail);
    let read = 0;
    for (const { id, yaml, json } of right) {
      const { values, error } = outcome(yaml);
      if (values === undefined) {
        expect([id, error?.name]).toEqual([id, 'DocumentFault']);
        continue;
      }
      read += 1;
      // Of a stream the suite gives the values one after the other.
      if (json !== null) {
        const compact = (text: string): string => text.replace(/\s+/g, '');
        expect([id, compact(values.map((it) => JSON.stringify(it)).join(''))]).toEqual([id, compact(json)]);
      }
    }
    expect(right).toHaveLength(308);
    expect(read).toBe(136);
  });
});
