import { CHECKED_KINDS } from '../documents/index.ts';
import { BUILTIN_TYPES } from './builtin.ts';
import { compilePattern } from './pattern.ts';
import type { TypeSpec } from './schema.ts';
import { notA, type Value, ValueFault, type ValueType } from './values.ts';

const MAX_NESTING = 8;

/** Makes types from how a library describes them. Throws an Error for a name that nobody defines or a wrong pattern. */
export function typeCompiler(named: Readonly<Record<string, TypeSpec>>): (spec: TypeSpec) => ValueType {
  for (const name of Object.keys(named)) {
    if (BUILTIN_TYPES.has(name)) throw new Error(`its type ${name} is built in`);
  }
  const compile = (spec: TypeSpec, depth: number): ValueType => {
    if (depth > MAX_NESTING) throw new Error('its types are nested too deep, or in a circle');
    const inner = (it: TypeSpec) => compile(it, depth + 1);
    if (typeof spec === 'string') return namedType(spec, named, inner);
    if ('document' in spec) return document(spec.document);
    return { read: reader(spec, inner) };
  };
  return (spec) => compile(spec, 0);
}

const PATH = BUILTIN_TYPES.get('path') as ValueType;
const KINDS: ReadonlySet<string> = new Set([...CHECKED_KINDS, 'opaque']);

type DocumentSpec = Extract<TypeSpec, { document: unknown }>['document'];

function document(spec: DocumentSpec): ValueType {
  for (const kind of [spec.kind, spec.companion?.kind ?? spec.kind])
    if (!KINDS.has(kind)) throw new Error(`nothing can check documents of the kind ${kind}`);
  const { endings } = spec;
  const read = (path: string): Value => {
    if (endings !== undefined && !endings.some((ending) => path.endsWith(ending)))
      throw notA(`a path that ends in ${endings.join(' or ')}`);
    return PATH.read(path);
  };
  return { read, document: spec };
}

function namedType(
  name: string,
  named: Readonly<Record<string, TypeSpec>>,
  inner: (spec: TypeSpec) => ValueType,
): ValueType {
  const builtin = BUILTIN_TYPES.get(name);
  if (builtin !== undefined) return builtin;
  const spec = Object.hasOwn(named, name) ? named[name] : undefined;
  if (spec === undefined) throw new Error(`it uses the type ${name}, which it doesn't define`);
  return inner(spec);
}

type Structured = Exclude<TypeSpec, string | { document: unknown }>;
type Read = (text: string) => Value;

function reader(spec: Structured, inner: (spec: TypeSpec) => ValueType): Read {
  if ('enum' in spec) return enumeration(spec.enum);
  if ('integer' in spec) return integer(spec.integer.min, spec.integer.max);
  if ('text' in spec) return text(spec.text.pattern, spec.text.maxLength);
  if ('list' in spec) return list(plain(inner(spec.list.of)), spec.list.separator, spec.list.max);
  if ('pair' in spec) return pair(plain(inner(spec.pair.key)), plain(inner(spec.pair.value)), spec.pair.separator);
  if ('anyOf' in spec) return anyOf(spec.anyOf.map((it) => plain(inner(it))));
  return fields(spec.fields, (it) => plain(inner(it)));
}

/** A document is read from its own argument: its path is no part of another value. */
function plain(type: ValueType): Read {
  if (type.document !== undefined) throw new Error('a document is a part of another type');
  return type.read;
}

function enumeration(values: readonly string[]): Read {
  const known = new Set(values);
  return (text) => {
    if (!known.has(text)) throw notA(`one of ${values.slice(0, 12).join(', ')}${values.length > 12 ? ', …' : ''}`);
    return text;
  };
}

function integer(min: number, max: number): Read {
  if (min > max) throw new Error('the least of an integer is above its most');
  return (text) => {
    const value = /^(?:0|-?[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw notA(`a whole number from ${min} to ${max}`);
    return value;
  };
}

function text(pattern: string, maxLength: number): Read {
  const compiled = compilePattern(pattern, maxLength);
  return (value) => {
    if (value.length > maxLength || !compiled.test(value)) throw notA('of the form that the library names');
    return value;
  };
}

function list(of: Read, separator: string, max: number): Read {
  return (text) => {
    const parts = text.split(separator);
    if (parts.length > max) throw notA(`a list of at most ${max}`);
    return parts.map((part) => String(of(part)));
  };
}

function pair(key: Read, value: Read, separator: string): Read {
  return (text) => {
    const at = text.indexOf(separator);
    if (at < 1) throw notA(`a name and a value with ${separator} between them`);
    return `${key(text.slice(0, at))}${separator}${value(text.slice(at + separator.length))}`;
  };
}

function anyOf(types: readonly Read[]): Read {
  return (text) => {
    const reasons: string[] = [];
    for (const read of types) {
      try {
        return read(text);
      } catch (fault) {
        if (!(fault instanceof ValueFault)) throw fault;
        reasons.push(fault.message);
      }
    }
    throw new ValueFault(reasons.join(', and '));
  };
}

interface FieldsSpec {
  readonly first?: TypeSpec;
  readonly known: Readonly<Record<string, TypeSpec>>;
  readonly required: readonly string[];
}

/** `[first,]name=value,name=value`: each name at most once. */
function fields(spec: FieldsSpec, inner: (spec: TypeSpec) => Read): Read {
  const first = spec.first === undefined ? undefined : inner(spec.first);
  const known = new Map(Object.entries(spec.known).map(([name, type]) => [name, inner(type)]));
  for (const name of spec.required) if (!known.has(name)) throw new Error(`its field ${name} is required and unknown`);
  return (text) => {
    const parts = text.split(',');
    const read = first === undefined ? [] : [String(first(parts.shift() as string))];
    const seen = new Set<string>();
    for (const part of parts) read.push(field(part, known, seen));
    for (const name of spec.required) if (!seen.has(name)) throw new ValueFault(`it lacks ${name}=`);
    return read;
  };
}

function field(part: string, known: ReadonlyMap<string, Read>, seen: Set<string>): string {
  const at = part.indexOf('=');
  const name = part.slice(0, Math.max(at, 0));
  const type = known.get(name);
  if (type === undefined) throw notA(`made of ${[...known.keys()].map((it) => `${it}=`).join(', ')}`);
  if (seen.has(name)) throw new ValueFault(`it has ${name}= twice`);
  seen.add(name);
  return `${name}=${type(part.slice(at + 1))}`;
}
