import type { DocumentRules } from '../documents/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { Refusable } from './forbidden.ts';
import type { Template } from './template.ts';
import type { Value, ValueType } from './values.ts';

/** The ways in which tools read an argv. */
export type DialectName = 'pflag' | 'argparse' | 'cliff' | 'goflag' | 'virsh';

/** `none`: no value; `count`: none, and it may be repeated. */
type Takes = 'none' | 'count' | 'value';

/** An option as the dialects look it up. */
export interface Option {
  readonly name: string;
  readonly takes: Takes;
  /** Of its value; `takes: value` alone has one. */
  readonly type: ValueType;
  readonly repeatable: boolean;
  readonly required: boolean;
  readonly implied?: string;
  readonly secret: boolean;
}

export interface Positional {
  readonly name: string;
  readonly type: ValueType;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly secret: boolean;
}

/** Options by what is typed, without dashes; what is refused stands beside what is read. */
export interface OptionTable {
  readonly long: ReadonlyMap<string, Option | Refusable>;
  readonly short: ReadonlyMap<string, Option | Refusable>;
}

export type Check = (given: Readonly<Record<string, Value>>) => string | undefined;

export interface Command {
  readonly verb: readonly string[];
  readonly operation: string;
  readonly effect: 'read' | 'change';
  readonly layer: number;
  readonly section: string;
  readonly positionals: readonly Positional[];
  /** All that it reads, the library's globals among them. */
  readonly options: OptionTable;
  readonly required: readonly Option[];
  readonly checks: readonly Check[];
  readonly keys: readonly Template[];
  readonly undo?: readonly Template[];
  readonly sandbox: Sandbox;
}

/** A word of the verb, and the words that may follow it. */
export interface VerbNode {
  readonly next: Map<string, VerbNode>;
  command?: Command;
  refused?: Refusable;
}

/** A reference library, compiled: one look-up in a map for each token. */
export interface Library {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its file, hexadecimal: what the chain names it by. */
  readonly digest: string;
  readonly describes: string;
  readonly tools: readonly string[];
  readonly dialect: DialectName;
  readonly documents: DocumentRules;
  readonly globals: OptionTable;
  readonly verbs: VerbNode;
  readonly commands: readonly Command[];
}

/** A value as it stands in the argv: `text` is what follows the first `start` characters of `argv[index]`. */
export interface Slice {
  readonly index: number;
  readonly start: number;
  readonly text: string;
}

interface Occurrence {
  readonly option: Option;
  /** Absent: the option stands alone. */
  readonly value?: Slice;
}

/** What a dialect makes of an argv: its form alone, nothing of what the values say. */
export interface Reading {
  readonly command: Command;
  readonly options: readonly Occurrence[];
  readonly operands: readonly Slice[];
}

export type Dialect = (library: Library, argv: readonly string[]) => Reading;
