import { lookUp } from '../forbidden.ts';
import type { Dialect, Option, OptionTable, Slice, VerbNode } from '../grammar.ts';
import { commandAt, follow } from '../verbs.ts';
import { attached, badSyntax, Cursor } from './cursor.ts';

type Found = { option: Option; value?: Slice }[];

/**
 * Go's own flag package, as tofu and terraform have it: `-name value`, `-name=value` and the same with two hyphens; a flag
 * takes a value by `=` alone; the first operand or `--` ends options. Before the verb, a value is attached by `=`.
 */
export const readGoflag: Dialect = (library, argv) => {
  const cursor = new Cursor(argv, 1);
  const options: Found = [];
  let node: VerbNode = library.verbs;
  for (let word = cursor.peek(); word !== undefined; word = cursor.peek()) {
    if (word.startsWith('-')) {
      // Between the words of a verb the tools read nothing, and after it its own options begin.
      if (node !== library.verbs) break;
      readGlobal(cursor, library.globals, options);
      continue;
    }
    const next = follow(node, word);
    if (next === undefined) break;
    node = next;
    cursor.next();
  }
  const command = commandAt(node, argv[0] as string, cursor.peek());
  while (cursor.peek()?.startsWith('-') && cursor.peek() !== '--') readOption(cursor, command.options, options);
  if (cursor.peek() === '--') cursor.next();
  const operands: Slice[] = [];
  for (let slice = cursor.next(); slice !== undefined; slice = cursor.next()) operands.push(slice);
  return { command, options, operands };
};

function readGlobal(cursor: Cursor, table: OptionTable, found: Found): void {
  const token = cursor.next() as Slice;
  const equals = token.text.indexOf('=');
  // The tools look for `-chdir=` as it stands here, with one hyphen.
  if (token.text.startsWith('--') || equals < 0) throw badSyntax(token.text);
  const typed = token.text.slice(0, equals);
  found.push({ option: lookUp(table.long, typed.slice(1), typed), value: attached(token, equals + 1, typed) });
}

function readOption(cursor: Cursor, table: OptionTable, found: Found): void {
  const token = cursor.next() as Slice;
  const hyphens = token.text.startsWith('--') ? 2 : 1;
  const equals = token.text.indexOf('=', hyphens);
  const typed = equals < 0 ? token.text : token.text.slice(0, equals);
  const name = typed.slice(hyphens);
  if (name === '' || name.startsWith('-')) throw badSyntax(token.text);
  const option = lookUp(table.long, name, typed);
  if (equals >= 0) found.push({ option, value: attached(token, equals + 1, typed) });
  else if (option.takes === 'value' && option.implied === undefined) found.push({ option, value: cursor.value(typed) });
  else found.push({ option });
}
