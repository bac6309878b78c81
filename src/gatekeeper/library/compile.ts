import { sandboxOf } from '../sandbox/index.ts';
import { compileConstraint, namedBy } from './constraints.ts';
import type { Refusable } from './forbidden.ts';
import type { Command, Library, Option, OptionTable, Positional, VerbNode } from './grammar.ts';
import type { CommandSpec, LibrarySpec, OptionSpec, TypeSpec } from './schema.ts';
import { compileTemplate, neededBy, parametersOf } from './template.ts';
import { typeCompiler } from './types.ts';
import { notA, type ValueType } from './values.ts';

type Forbidden = LibrarySpec['forbidden'];
type Compile = (spec: TypeSpec) => ValueType;

const NO_VALUE: ValueType = {
  read: () => {
    throw notA('an option with a value');
  },
};
/** What `--flag=` takes where the dialect has that. */
const FLAG_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word): [string, boolean] => [word, true]),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word): [string, boolean] => [word, false]),
]);

/** Compiles a library whose form is checked. Throws an Error that says what of it contradicts itself. */
export function compileLibrary(spec: LibrarySpec, digest: string): Library {
  const types = typeCompiler(spec.types);
  for (const [name, type] of Object.entries(spec.types)) inside(`types.${name}`, () => types(type));
  const verbs: VerbNode = { next: new Map() };
  const commands = spec.commands.map((it) =>
    inside(it.verb.join(' ') || it.operation, () => compileCommand(it, spec, types)),
  );
  for (const command of commands) {
    const node = nodeAt(verbs, command.verb);
    if (node.command !== undefined) throw new Error(`it has the verb ${command.verb.join(' ')} twice`);
    node.command = command;
  }
  for (const { verb, reason } of spec.forbiddenVerbs) {
    const node = nodeAt(verbs, verb);
    if (node.command !== undefined) throw new Error(`it has and forbids the verb ${verb.join(' ')}`);
    node.refused = { forbidden: reason };
  }
  const { name, version, describes, tools, dialect, documents } = spec;
  const globals = optionTable(spec.globals, spec.forbidden, types);
  return { name, version, digest, describes, tools, dialect, documents, globals, verbs, commands };
}

/** Says where in the file an error is. */
function inside<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${where}: ${(cause as Error).message}`, { cause });
  }
}

function nodeAt(root: VerbNode, verb: readonly string[]): VerbNode {
  let node = root;
  for (const word of verb) {
    let next = node.next.get(word);
    if (next === undefined) {
      next = { next: new Map() };
      node.next.set(word, next);
    }
    node = next;
  }
  return node;
}

function compileCommand(spec: CommandSpec, library: LibrarySpec, types: Compile): Command {
  const sets = spec.use.map((name) => {
    const set = Object.hasOwn(library.optionSets, name) ? library.optionSets[name] : undefined;
    if (set === undefined) throw new Error(`it uses the options ${name}, which nobody defines`);
    return set;
  });
  const specs = [...spec.options, ...sets.flat(), ...library.globals];
  const options = optionTable(specs, [...spec.forbidden, ...library.forbidden], types);
  const positionals = spec.positionals.map((it): Positional => ({ ...it, type: types(it.type) }));
  checkPositionals(positionals);
  const parameters = new Set([...specs.map((it) => it.name), ...positionals.map((it) => it.name)]);
  if (parameters.size !== specs.length + positionals.length) throw new Error('two of its parameters have one name');
  const keys = spec.keys.map(compileTemplate);
  const undo = spec.undo?.map(compileTemplate);
  const certain = new Set([...specs, ...positionals].filter((it) => it.required).map((it) => it.name));
  for (const name of [...spec.constraints.flatMap(namedBy), ...[...keys, ...(undo ?? [])].flatMap(parametersOf)])
    if (!parameters.has(name)) throw new Error(`it speaks of the parameter ${name}, which it hasn't`);
  for (const name of [...keys, ...(undo ?? [])].flatMap(neededBy))
    if (!certain.has(name))
      throw new Error(`a key or undo needs ${name}, which may be absent: give it an {${name}|other}`);
  const secret = new Set([...specs, ...positionals].filter((it) => it.secret).map((it) => it.name));
  for (const name of [...keys, ...(undo ?? [])].flatMap(parametersOf))
    if (secret.has(name)) throw new Error(`a key or undo would show the secret ${name}`);
  const { verb, operation, effect, layer, section } = spec;
  const required = specs.filter((it) => it.required).map((it) => options.long.get(it.name) as Option);
  const checks = spec.constraints.map(compileConstraint);
  const sandbox = sandboxOf(library.sandbox, spec.sandbox);
  return { verb, operation, effect, layer, section, positionals, options, required, checks, keys, undo, sandbox };
}

function checkPositionals(positionals: readonly Positional[]): void {
  positionals.forEach((it, index) => {
    const next = positionals[index + 1];
    if (next === undefined) return;
    if (it.variadic) throw new Error(`${it.name} takes all that remain and is not the last`);
    if (!it.required && next.required) throw new Error(`${next.name} is required after ${it.name}, which is not`);
  });
}

function optionTable(specs: readonly OptionSpec[], forbidden: Forbidden, types: Compile): OptionTable {
  const long = new Map<string, Option | Refusable>();
  const short = new Map<string, Option | Refusable>();
  const add = (map: Map<string, Option | Refusable>, name: string, it: Option | Refusable) => {
    if (map.has(name)) throw new Error(`the option ${name} stands twice`);
    map.set(name, it);
  };
  for (const spec of specs) {
    const option = compileOption(spec, types);
    for (const name of [spec.name, ...spec.aliases]) add(long, name, option);
    if (spec.short !== undefined) add(short, spec.short, option);
  }
  for (const spec of forbidden) {
    // A command may allow what its library forbids elsewhere: no; two statements on one name are a mistake.
    add(long, spec.name, { forbidden: spec.reason });
    if (spec.short !== undefined) add(short, spec.short, { forbidden: spec.reason });
  }
  return { long, short };
}

function compileOption(spec: OptionSpec, types: Compile): Option {
  const { name, repeatable, required, implied, secret } = spec;
  if (spec.type === 'flag' || spec.type === 'count') {
    if (repeatable || required || implied !== undefined || secret) throw new Error(`the flag ${name} can't be that`);
    return { name, takes: spec.type === 'flag' ? 'none' : 'count', type: NO_VALUE, repeatable, required, secret };
  }
  const type = types(spec.type);
  if (implied !== undefined) type.read(implied);
  return { name, takes: 'value', type, repeatable, required, implied, secret };
}

/** A flag with a value attached, as Go's flag packages read it; undefined: not one of their words. */
export function flagValue(text: string): boolean | undefined {
  return FLAG_WORDS.get(text);
}
