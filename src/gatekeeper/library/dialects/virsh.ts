import { lookUp, refuseAbbreviation } from '../forbidden.ts';
import type { Command, Dialect, Option, OptionTable, Slice } from '../grammar.ts';
import { refuse, shown } from '../refuse.ts';
import { commandAt, follow } from '../verbs.ts';
import { attached, badSyntax, Cursor, takesNone } from './cursor.ts';

type Found = { option: Option; value?: Slice }[];

/**
 * virsh: its own options come first (getopt_long), then one word as the verb, then `--name value`, `--name=value` or bare data,
 * which fills the parameters in the order that the command declares. A verb is a plain word, so virsh never reads
 * an argument as several commands, which it does when there is only one and it holds spaces, quotes or semicolons.
 */
export const readVirsh: Dialect = (library, argv) => {
  const cursor = new Cursor(argv, 1);
  const options: Found = [];
  while (cursor.peek()?.startsWith('-')) readGlobal(cursor, library.globals, options);
  const verb = cursor.peek();
  const node = verb === undefined ? undefined : follow(library.verbs, verb);
  const command = commandAt(node ?? library.verbs, argv[0] as string, verb);
  cursor.next();
  const operands: (Slice | undefined)[] = command.positionals.map(() => undefined);
  while (cursor.peek() !== undefined) readArgument(cursor, command, options, operands);
  const gap = operands.indexOf(undefined);
  if (gap >= 0 && operands.slice(gap).some((it) => it !== undefined))
    throw refuse(
      'option-missing',
      `The parameter ${command.positionals[gap]?.name} is missing before others.`,
      'Write all parameters in their order.',
    );
  return { command, options, operands: operands.filter((it) => it !== undefined) };
};

function readArgument(cursor: Cursor, command: Command, options: Found, operands: (Slice | undefined)[]): void {
  const token = cursor.next() as Slice;
  if (token.text.startsWith('-')) readNamed(token, cursor, command, options, operands);
  else data(command, operands, token);
}

function readNamed(
  token: Slice,
  cursor: Cursor,
  command: Command,
  options: Found,
  operands: (Slice | undefined)[],
): void {
  // `--` makes everything after it data; a single hyphen makes no option.
  if (!/^--[A-Za-z0-9]/.test(token.text)) throw badSyntax(token.text);
  const equals = token.text.indexOf('=');
  const typed = equals < 0 ? token.text : token.text.slice(0, equals);
  const name = typed.slice(2);
  const at = command.positionals.findIndex((it) => it.name === name);
  const option = at < 0 ? lookUp(command.options.long, name, typed) : undefined;
  if (option !== undefined && option.takes !== 'value') {
    if (equals >= 0) throw takesNone(typed);
    options.push({ option });
    return;
  }
  const value = equals >= 0 ? attached(token, equals + 1, typed) : cursor.value(typed);
  if (option !== undefined) options.push({ option, value });
  else if (operands[at] !== undefined)
    throw refuse('option-repeated', `The parameter ${name} is given twice.`, 'Give it once.');
  else operands[at] = value;
}

/** Bare data is the first parameter that has none yet. */
function data(command: Command, operands: (Slice | undefined)[], token: Slice): void {
  const at = operands.indexOf(undefined);
  if (at >= 0) {
    operands[at] = token;
    return;
  }
  throw refuse(
    'argument-malformed',
    `The argument ${shown(token.text)} is more than ${command.verb.join(' ')} takes here.`,
    'Name the parameter that it is for, as --name value.',
  );
}

function readGlobal(cursor: Cursor, table: OptionTable, found: Found): void {
  const token = cursor.next() as Slice;
  if (token.text.startsWith('--')) readLongGlobal(token, cursor, table, found);
  else readShortGlobals(token, cursor, table, found);
}

function readShortGlobals(token: Slice, cursor: Cursor, table: OptionTable, found: Found): void {
  if (token.text.length < 2) throw badSyntax(token.text);
  for (let at = 1; at < token.text.length; at += 1) {
    const typed = `-${token.text[at]}`;
    const option = lookUp(table.short, token.text[at] as string, typed);
    if (option.takes !== 'value') {
      found.push({ option });
      continue;
    }
    const rest = at + 1 < token.text.length;
    found.push({ option, value: rest ? attached(token, at + 1, typed) : cursor.value(typed) });
    return;
  }
}

function readLongGlobal(token: Slice, cursor: Cursor, table: OptionTable, found: Found): void {
  const equals = token.text.indexOf('=');
  const typed = equals < 0 ? token.text : token.text.slice(0, equals);
  if (typed === '--') throw badSyntax(token.text);
  // getopt_long completes what is shortened.
  refuseAbbreviation(table, typed.slice(2));
  const option = lookUp(table.long, typed.slice(2), typed);
  if (option.takes !== 'value') {
    if (equals >= 0) throw takesNone(typed);
    found.push({ option });
  } else found.push({ option, value: equals >= 0 ? attached(token, equals + 1, typed) : cursor.value(typed) });
}
