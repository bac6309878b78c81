import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentFault, parseHcl, plainText } from '../../../../src/gatekeeper/documents/index.ts';
import { cases } from '../../../cases.ts';

const read = (text: string) => parseHcl(Buffer.from(text));
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const plain = fc.stringMatching(/^[A-Za-z0-9 .:/@-]{0,20}$/);

interface Made {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: readonly Made[];
}
/** A block with blocks in it down to a depth. */
const block = (depth: number): fc.Arbitrary<Made> =>
  fc.record({
    type: name,
    labels: fc.array(plain, { maxLength: 2 }),
    attributes: fc.dictionary(name, plain, { maxKeys: 3 }),
    blocks: depth === 0 ? fc.constant([]) : fc.array(block(depth - 1), { maxLength: 2 }),
  });

function written({ type, labels, attributes, blocks }: Made, indent = ''): string {
  const heads = labels.map((label) => ` ${JSON.stringify(label)}`).join('');
  const lines = Object.entries(attributes).map(([key, value]) => `${indent}  ${key} = ${JSON.stringify(value)} # "{\n`);
  const inner = blocks.map((one) => written(one, `${indent}  `));
  return `${indent}${type}${heads} {\n${lines.join('')}${inner.join('')}${indent}}\n`;
}

describe('reading HCL', () => {
  it('gives the blocks and texts that were written', () => {
    const same = (made: Made, found: ReturnType<typeof read>['blocks'][number] | undefined): void => {
      expect(found?.type).toBe(made.type);
      expect(found?.labels).toEqual(made.labels);
      for (const [key, value] of Object.entries(made.attributes))
        expect(plainText(found?.body.attributes.get(key))).toBe(value);
      expect(found?.body.attributes.size).toBe(Object.keys(made.attributes).length);
      expect(found?.body.blocks.length).toBe(made.blocks.length);
      for (const [index, one] of made.blocks.entries()) same(one, found?.body.blocks[index]);
    };
    fc.assert(
      fc.property(fc.array(block(3), { maxLength: 3 }), (made) => {
        const { blocks } = read(made.map((one) => written(one)).join('\n'));
        expect(blocks.length).toBe(made.length);
        for (const [index, one] of made.entries()) same(one, blocks[index]);
      }),
      { numRuns: cases(150) },
    );
  });

  it('throws DocumentFault and nothing else on any text', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '"',
      '\u0024{',
      '%{',
      '<<E\n',
      '\nE\n',
      '=',
      'a',
      ' ',
      '\n',
      '[',
      ')',
      '#',
      '/*',
      '*/',
      '\\',
      '<',
      "'",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            read(text);
          } catch (fault) {
            expect(fault).toBeInstanceOf(DocumentFault);
          }
        },
      ),
      { numRuns: cases(2_000) },
    );
  });

  it('sees what stands in templates and in texts over several lines', () => {
    const { attributes } = read(
      'a = "x \u0024{file("/b")} $\u0024{not} y"\nb = <<-EOT\n  \u0024{file("/c")}\n  EOT\nc = 1\n',
    );
    const inner = (key: string) => attributes.get(key)?.[0]?.inner?.map(({ text }) => text);
    expect(inner('a')).toEqual(['file', '(', '/b', ')']);
    expect(inner('b')).toEqual(['file', '(', '/c', ')']);
    expect(plainText(attributes.get('a'))).toBeUndefined();
    expect(attributes.has('c')).toBe(true);
  });

  it.each([
    'a = "x',
    'a = <<E\nx',
    'a {',
    'a = }',
    '= 1',
    'a = 1\na = 2',
    'a = [',
    'a "\u0024{b}" {\n}',
    `${'a {\n'.repeat(40)}`,
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(DocumentFault);
  });

  /** Whether the output is a block of its own: what OpenTofu 1.10 made of these texts (`tofu validate`). */
  const SEEN: readonly [text: string, isSeen: boolean][] = [
    ['a = <<E\nE\n', true],
    ['a = <<E\nE  \n', true],
    ['a = <<E\n  E\n', true],
    ['a = <<E\nx\n\u0024{1}E\n}\noutput "seen" {\n}\nE\n', false],
    ['a = <<E\nE}\noutput "seen" {\n}\nE\n', false],
    ['a = "$\u0024{x}"\n  b = "$$\u0024{1}"\n  c = "%%{x}"\n', true],
    ['a = "\\"}" /* } */ // }\n  # }\n', true],
    ['a = { b = "\u0024{ { c = "}" }.c }" }\n', true],
    ['a = [for x in [1]: x if x > 0]\n  b = "%{ if true ~} y %{ endif }"\n', true],
    ['a = <<E\n$\u0024{\nE\n', true],
    ['a = <<E\n$\nE\n', true],
  ];

  it.each(SEEN)('sees in %j what OpenTofu sees', (text, isSeen) => {
    const tail = isSeen ? 'output "seen" {\n}\n' : '';
    const { blocks } = read(`locals {\n  ${text}}\n${tail}variable "end" {}\n`);
    expect(blocks.map(({ type }) => type)).toEqual(['locals', ...(isSeen ? ['output'] : []), 'variable']);
  });
});
