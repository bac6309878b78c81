import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../src/gatekeeper/library/index.ts';
import { codeOf, NO_DOCUMENTS, readArgv } from './shipped.ts';
import { libraryOf, toySpec } from './toy.ts';

/** A command that takes any number of arguments of any length. */
function greedy() {
  const spec = structuredClone(toySpec('pflag')) as unknown as { commands: Record<string, unknown>[] };
  const any = { text: { pattern: '[ -~]*', maxLength: 4_096 } };
  Object.assign(spec.commands[0] ?? {}, { positionals: [{ name: 'all', type: any, variadic: true }] });
  return libraryOf(spec);
}

const library = greedy();
const outcome = (argv: readonly string[]) => codeOf(() => readCommand(library, argv, NO_DOCUMENTS));
const many = (count: number, text: string) => ['toy', 'go', ...Array.from({ length: count }, () => text)];

describe('the form of an argv', () => {
  it.each([
    ['256 arguments', many(254, 'a'), 'accepted'],
    ['257 arguments', many(255, 'a'), 'argument-malformed'],
    ['an argument of 4,096 characters', many(1, 'a'.repeat(4_096)), 'accepted'],
    ['an argument of 4,097 characters', many(1, 'a'.repeat(4_097)), 'argument-malformed'],
    ['65,536 characters', [...many(15, 'a'.repeat(4_096)), 'a'.repeat(4_091)], 'accepted'],
    ['65,537 characters', [...many(15, 'a'.repeat(4_096)), 'a'.repeat(4_092)], 'argument-malformed'],
    ['nothing', [], 'argument-malformed'],
    ['an empty argument', ['toy', 'go', ''], 'argument-malformed'],
    ['a path to the tool', ['/usr/bin/toy', 'go', 'a'], 'tool-unknown'],
    ['another tool', ['tofu', 'go', 'a'], 'tool-unknown'],
    ['the first printable character', ['toy', 'go', ' '], 'accepted'],
    ['the last printable character', ['toy', 'go', '~'], 'accepted'],
  ])('%s', (_, argv, expected) => {
    expect(outcome(argv)).toBe(expected);
  });

  it('has no character but printable ASCII, wherever it stands', () => {
    const codes = [
      ...Array.from({ length: 0x20 }, (_, code) => code),
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xad,
      0x430,
      0x200b,
      0x200e,
      0x202e,
      0x2066,
      0x2028,
      0xfeff,
      0xff41,
      0xd800,
      0x1f600,
    ];
    for (const code of codes) {
      const character = String.fromCodePoint(code);
      for (const text of [character, `a${character}`, `a${character}b`])
        expect(outcome(['toy', 'go', text]), `U+${code.toString(16)}`).toBe('argument-malformed');
    }
  });

  it('is refused by a message that a terminal can show', () => {
    expect(() => readArgv(['kubeadm', 'join', 'n1\u001b[2J\u202e'])).toThrow(
      /argument 2, which begins "n1", has the character U\+001B/,
    );
    expect(() => readArgv(['kubeadm', 'x'.repeat(500)])).toThrow(/"x{60}…"/);
  });
});
