import type { Sandbox } from '../sandbox/index.ts';
import { type Documents, type NamedDocument, readDocuments } from './command-documents.ts';
import { flagValue } from './compile.ts';
import { DIALECTS } from './dialects/index.ts';
import type { Command, Library, Option, Positional, Reading, Slice } from './grammar.ts';
import { refuse, shown } from './refuse.ts';
import { fill, inKey } from './template.ts';
import { checkTokens } from './tokens.ts';
import { type Value, ValueFault, type ValueType } from './values.ts';

/** A command of a native tool, read by its library: what it says is known in full, or it would not be one. */
export interface NativeCommand {
  readonly library: { readonly name: string; readonly version: string; readonly digest: string };
  /** `kubeadm.join`. */
  readonly operation: string;
  readonly effect: 'read' | 'change';
  /** Layer of the DVCI that it acts on. */
  readonly layer: number;
  /** Section whose operation contract takes it. */
  readonly section: string;
  /** As typed, the tool's name first. */
  readonly argv: readonly string[];
  /** Typed and canonical, by name; a parameter that may be repeated is a list. */
  readonly parameters: Readonly<Record<string, Value>>;
  /** Configuration keys that it touches. */
  readonly keys: readonly string[];
  /** The files that it names, as they were read; each once. */
  readonly documents: readonly NamedDocument[];
  /** The command that takes it back, if the library knows one. */
  readonly undo?: readonly string[];
  /** What of its host it may touch. */
  readonly sandbox: Sandbox;
  /** Positions in argv whose values must not stand in a log or on chain in clear, ascending. */
  readonly secret: readonly number[];
  /** Names of the parameters whose values those are. */
  readonly secretParameters: readonly string[];
}

interface Parameters {
  readonly values: Record<string, Value>;
  readonly named: { readonly slice: Slice; readonly type: ValueType }[];
  readonly secret: Set<number>;
  readonly secretNames: Set<string>;
}

/**
 * Reads an argv as the tool would, and fails closed: a verb, an option or a value that the library doesn't describe is refused.
 * Files that it names are read from `documents`, once, and checked by what the library says of them.
 * Throws UserError (exit code 3) with a code of ./refuse.ts or of the documents' checks; its message names the token.
 */
export function readCommand(library: Library, argv: readonly string[], documents: Documents): NativeCommand {
  checkTokens(argv);
  const [tool] = argv;
  if (tool === undefined || !library.tools.includes(tool))
    throw refuse(
      'tool-unknown',
      `The library ${library.name} is not for ${shown(tool ?? '')}.`,
      `It is for ${library.tools.join(', ')}, by name and without a path.`,
    );
  const reading = DIALECTS[library.dialect](library, argv);
  const { command } = reading;
  const parameters: Parameters = { values: Object.create(null), named: [], secret: new Set(), secretNames: new Set() };
  readOptions(reading, parameters);
  readOperands(command, reading.operands, parameters);
  const { values } = parameters;
  for (const check of command.checks) {
    const wrong = check(values);
    if (wrong !== undefined)
      throw refuse('values-conflict', `The command can't be so: ${wrong}.`, 'Change what goes together.');
  }
  const { name, version, digest } = library;
  const { operation, effect, layer, section, sandbox } = command;
  return {
    library: { name, version, digest },
    operation,
    effect,
    layer,
    section,
    argv: [...argv],
    parameters: values,
    keys: [...new Set(command.keys.flatMap((key) => fill(key, values, inKey)))],
    documents: readDocuments(parameters.named, library.documents, documents),
    undo: command.undo?.flatMap((part) => fill(part, values)),
    sandbox,
    secret: [...parameters.secret].sort((a, b) => a - b),
    secretParameters: [...parameters.secretNames],
  };
}

function readOptions(reading: Reading, parameters: Parameters): void {
  const { values } = parameters;
  for (const { option, value } of reading.options) {
    const { name } = option;
    if (option.takes === 'count') values[name] = ((values[name] as number | undefined) ?? 0) + countOf(option, value);
    else if (option.repeatable)
      values[name] = [...((values[name] as string[] | undefined) ?? []), ...textsOf(option, value, parameters)];
    else if (values[name] !== undefined)
      throw refuse('option-repeated', `The option ${name} is given twice.`, 'Give it once.');
    else values[name] = option.takes === 'none' ? flagOf(option, value) : valueFor(option, value, parameters);
  }
  for (const { name } of reading.command.required)
    if (values[name] === undefined)
      throw refuse('option-missing', `The option ${name} is missing.`, `Give ${name} a value.`);
}

function countOf(option: Option, value: Slice | undefined): number {
  if (value !== undefined) throw invalid(option, value.text, 'it takes no value');
  return 1;
}

function flagOf(option: Option, value: Slice | undefined): boolean {
  if (value === undefined) return true;
  const flag = flagValue(value.text);
  if (flag === undefined) throw invalid(option, value.text, 'it is neither true nor false');
  return flag;
}

function textsOf(option: Option, value: Slice | undefined, parameters: Parameters): readonly string[] {
  const read = valueFor(option, value, parameters);
  return typeof read === 'object' ? read : [String(read)];
}

function valueFor(option: Option, value: Slice | undefined, parameters: Parameters): Value {
  if (value === undefined) return option.type.read(option.implied as string);
  return readValue(option, value, parameters);
}

function readOperands(command: Command, operands: readonly Slice[], parameters: Parameters): void {
  let at = 0;
  for (const positional of command.positionals) {
    const taken = positional.variadic ? operands.slice(at) : operands.slice(at, at + 1);
    at += taken.length;
    if (taken.length === 0) {
      if (!positional.required) continue;
      throw refuse('option-missing', `The argument ${positional.name} is missing.`, `Name ${positional.name}.`);
    }
    const read = taken.map((slice) => readValue(positional, slice, parameters));
    parameters.values[positional.name] = positional.variadic ? read.map(String) : (read[0] as Value);
  }
  const extra = operands[at];
  if (extra !== undefined)
    throw refuse('argument-malformed', `The argument ${shown(extra.text)} is one too many.`, 'Leave it out.');
}

function readValue(parameter: Option | Positional, slice: Slice, parameters: Parameters): Value {
  if (parameter.secret) {
    parameters.secret.add(slice.index);
    parameters.secretNames.add(parameter.name);
  }
  if (parameter.type.document !== undefined) parameters.named.push({ slice, type: parameter.type });
  try {
    const value = parameter.type.read(slice.text);
    // Whatever its type: where a tool hands it on, it would be read as an option.
    if (typeof value !== 'number' && slice.text.startsWith('-')) throw new ValueFault('it begins with a hyphen');
    return value;
  } catch (fault) {
    if (!(fault instanceof ValueFault)) throw fault;
    throw invalid(parameter, slice.text, fault.message);
  }
}

function invalid(parameter: { name: string; secret: boolean }, text: string, why: string) {
  return refuse(
    'value-invalid',
    `The value of ${parameter.name}${parameter.secret ? '' : `, ${shown(text)},`} is refused: ${why}.`,
    `Give ${parameter.name} another value.`,
  );
}
