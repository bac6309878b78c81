import { lookUp, refuseAbbreviation } from '../forbidden.ts';
import type { Command, Dialect, Library, Option, OptionTable, Reading, Slice, VerbNode } from '../grammar.ts';
import { refuse, shown } from '../refuse.ts';
import { commandAt, follow, refuseVerbWord } from '../verbs.ts';
import { attached, badSyntax, Cursor, takesNone } from './cursor.ts';

type Found = { option: Option; value?: Slice }[];

/**
 * Python's argparse: `--name value`, `--name=value`, `-n value`, `-nvalue`, grouped short flags. What its versions read
 * differently is refused: shortened options, `-n=value`, `--`, operands in two places; and so is `@file`.
 */
export const readArgparse: Dialect = (library, argv) => {
  const cursor = new Cursor(argv, 1);
  const node = verbOf(library, cursor);
  return readRest(cursor, commandAt(node, argv[0] as string, cursor.peek()), []);
};

/** cliff, which puts argparse behind verbs (the openstack client): it completes a verb's words, and takes its own options first. */
export const readCliff: Dialect = (library, argv) => {
  for (const token of argv) refuseMixedGroup(library, token);
  const cursor = new Cursor(argv, 1);
  const options: Found = [];
  while (cursor.peek()?.startsWith('-')) readOption(cursor, library.globals, options);
  const node = verbOf(library, cursor);
  const command = commandAt(node, argv[0] as string, cursor.peek());
  const word = cursor.peek();
  if (word !== undefined && !word.startsWith('-')) refuseVerbWord(node, word, true);
  return readRest(cursor, command, options);
};

/** `-vf`: two parsers take their own part of such a group, or fail at it, by python's version. */
function refuseMixedGroup(library: Library, token: string): void {
  const [, first = '', rest = ''] = /^-([A-Za-z0-9])(.+)$/.exec(token) ?? [];
  const option = library.globals.short.get(first);
  if (
    option !== undefined &&
    !('forbidden' in option) &&
    option.takes !== 'value' &&
    rest !== first.repeat(rest.length)
  )
    throw badSyntax(token);
}

function verbOf(library: Library, cursor: Cursor): VerbNode {
  let node: VerbNode = library.verbs;
  for (let word = cursor.peek(); word !== undefined && !word.startsWith('-'); word = cursor.peek()) {
    const next = follow(node, word);
    if (next === undefined) break;
    node = next;
    cursor.next();
  }
  return node;
}

function readRest(cursor: Cursor, command: Command, options: Found): Reading {
  const operands: Slice[] = [];
  for (let token = cursor.peek(); token !== undefined; token = cursor.peek()) {
    if (token.startsWith('-')) readOption(cursor, command.options, options);
    else readOperand(cursor, operands);
  }
  return { command, options, operands };
}

function readOperand(cursor: Cursor, operands: Slice[]): void {
  const slice = cursor.next() as Slice;
  refuseFile(slice.text);
  const last = operands.at(-1);
  if (last !== undefined && last.index !== slice.index - 1)
    throw refuse(
      'argument-malformed',
      `The argument ${shown(slice.text)} stands apart from ${shown(last.text)}.`,
      'Write all arguments that are no options side by side.',
    );
  operands.push(slice);
}

/** Where a program allows it, argparse reads more arguments from a file so named. */
function refuseFile(text: string): void {
  if (text.startsWith('@'))
    throw refuse(
      'value-invalid',
      `The value ${shown(text)} names a file to read values from.`,
      'Write the value itself.',
    );
}

function readOption(cursor: Cursor, table: OptionTable, found: Found): void {
  const token = cursor.next() as Slice;
  if (token.text === '-' || token.text === '--') throw badSyntax(token.text);
  if (token.text.startsWith('--')) found.push(readLong(token, cursor, table));
  else readShorts(token, cursor, table, found);
  const value = found.at(-1)?.value;
  if (value !== undefined) refuseFile(value.text);
}

function readLong(token: Slice, cursor: Cursor, table: OptionTable): Reading['options'][number] {
  const equals = token.text.indexOf('=');
  const typed = equals < 0 ? token.text : token.text.slice(0, equals);
  refuseAbbreviation(table, typed.slice(2));
  const option = lookUp(table.long, typed.slice(2), typed);
  if (option.takes !== 'value') {
    if (equals >= 0) throw takesNone(typed);
    return { option };
  }
  return { option, value: equals >= 0 ? attached(token, equals + 1, typed) : cursor.value(typed) };
}

function readShorts(token: Slice, cursor: Cursor, table: OptionTable, found: Found): void {
  for (let at = 1; at < token.text.length; at += 1) {
    const typed = `-${token.text[at]}`;
    const option = lookUp(table.short, token.text[at] as string, typed);
    // `-n=value`: python's versions differ on whether the value has the sign.
    if (token.text[at + 1] === '=') throw badSyntax(token.text);
    if (option.takes !== 'value') {
      found.push({ option });
      continue;
    }
    const rest = at + 1 < token.text.length;
    found.push({ option, value: rest ? attached(token, at + 1, typed) : cursor.value(typed) });
    return;
  }
}
