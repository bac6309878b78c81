import { lookUp } from '../forbidden.ts';
import type { Dialect, Option, OptionTable, Reading, Slice, VerbNode } from '../grammar.ts';
import { commandAt, follow, refuseVerbWord } from '../verbs.ts';
import { attached, badSyntax, Cursor } from './cursor.ts';

/**
 * github.com/spf13/pflag under cobra: kubeadm, helm, kubectl. `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * `-n=value`, grouped short flags; a flag takes a value by `=` alone; options and operands may be mixed; `--` ends options.
 */
export const readPflag: Dialect = (library, argv) => {
  const cursor = new Cursor(argv, 1);
  const options: Found = [];
  let node: VerbNode = library.verbs;
  // cobra looks for the verb among what is no option, so the tool's own options may stand between its words.
  for (let word = cursor.peek(); word !== undefined; word = cursor.peek()) {
    if (word.startsWith('-')) {
      if (node.command !== undefined || word === '--') break;
      readOption(cursor, library.globals, options);
      continue;
    }
    const next = follow(node, word);
    if (next === undefined) break;
    node = next;
    cursor.next();
  }
  const command = commandAt(node, argv[0] as string, cursor.peek());
  // cobra looks for verbs once more behind options, and takes some of their values for words: no argument may be one.
  for (const token of argv.slice(cursor.at)) refuseVerbWord(node, token, false);
  const operands: Slice[] = [];
  while (cursor.peek() !== undefined) {
    const token = cursor.peek() as string;
    if (token === '--') {
      cursor.next();
      takeRest(cursor, operands);
    } else if (token.startsWith('-')) readOption(cursor, command.options, options);
    else operands.push(cursor.next() as Slice);
  }
  return { command, options, operands };
};

type Found = { option: Option; value?: Slice }[];

function takeRest(cursor: Cursor, operands: Slice[]): void {
  for (let slice = cursor.next(); slice !== undefined; slice = cursor.next()) operands.push(slice);
}

function readOption(cursor: Cursor, table: OptionTable, found: Found): void {
  const token = cursor.next() as Slice;
  if (token.text.startsWith('--')) found.push(readLong(token, cursor, table));
  else readShorts(token, cursor, table, found);
}

function readLong(token: Slice, cursor: Cursor, table: OptionTable): Reading['options'][number] {
  const equals = token.text.indexOf('=');
  const typed = equals < 0 ? token.text : token.text.slice(0, equals);
  const name = typed.slice(2);
  if (name === '' || name.startsWith('-')) throw badSyntax(token.text);
  const option = lookUp(table.long, name, typed);
  if (equals >= 0) return { option, value: attached(token, equals + 1, typed) };
  return standsAlone(option) ? { option } : { option, value: cursor.value(typed) };
}

function readShorts(token: Slice, cursor: Cursor, table: OptionTable, found: Found): void {
  if (token.text.length < 2) throw badSyntax(token.text);
  for (let at = 1; at < token.text.length; at += 1) {
    const typed = `-${token.text[at]}`;
    const option = lookUp(table.short, token.text[at] as string, typed);
    if (token.text[at + 1] === '=') {
      found.push({ option, value: attached(token, at + 2, typed) });
      return;
    }
    if (standsAlone(option)) {
      found.push({ option });
      continue;
    }
    const rest = at + 1 < token.text.length;
    found.push({ option, value: rest ? attached(token, at + 1, typed) : cursor.value(typed) });
    return;
  }
}

function standsAlone(option: Option): boolean {
  return option.takes !== 'value' || option.implied !== undefined;
}
