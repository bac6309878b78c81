import { z } from 'zod';
import { documentRulesSchema } from '../documents/index.ts';
import { sandboxSchema } from '../sandbox/index.ts';

const MAX_ITEMS = 500;
const words = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/);
const parameterName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);
const reason = z.string().min(8).max(300);

const documentType = z.strictObject({
  kind: words,
  limitBytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  /** It may hold secrets. */
  private: z.boolean().default(false),
  /** How its path must end, where the tool goes by that. */
  endings: z
    .array(z.string().regex(/^\.[a-z0-9]{1,16}$/))
    .min(1)
    .max(8)
    .optional(),
  /**
   * A second document that must lie beside it: its path with this ending. `shownBy`: the arguments with which the tool itself
   * prints it, in JSON, from the first; a host compares the two before it runs the command.
   */
  companion: z
    .strictObject({
      ending: z.string().regex(/^\.[a-z]{1,16}$/),
      kind: words,
      shownBy: z
        .array(z.string().regex(/^[a-z0-9-]{1,32}$/))
        .min(1)
        .max(4)
        .optional(),
    })
    .optional(),
});

export type TypeSpec =
  | string
  | { readonly enum: readonly string[] }
  | { readonly integer: { readonly min: number; readonly max: number } }
  | { readonly text: { readonly pattern: string; readonly maxLength: number } }
  | { readonly list: { readonly of: TypeSpec; readonly separator: string; readonly max: number } }
  | { readonly pair: { readonly key: TypeSpec; readonly value: TypeSpec; readonly separator: string } }
  | { readonly anyOf: readonly TypeSpec[] }
  | {
      readonly fields: {
        readonly first?: TypeSpec;
        readonly known: Readonly<Record<string, TypeSpec>>;
        readonly required: readonly string[];
      };
    }
  | { readonly document: z.output<typeof documentType> };

/** The type of a value: a name (built in, or of the library's own `types`), or a form with its details. */
const typeSpec: z.ZodType<TypeSpec> = z.lazy(() =>
  z.union([
    parameterName,
    z.strictObject({ enum: z.array(z.string().min(1).max(128)).min(1).max(MAX_ITEMS) }),
    z.strictObject({ integer: z.strictObject({ min: z.int(), max: z.int() }) }),
    z.strictObject({ text: z.strictObject({ pattern: z.string(), maxLength: z.int().min(1).max(4_096) }) }),
    z.strictObject({
      list: z.strictObject({
        of: typeSpec,
        separator: separator.default(','),
        max: z.int().min(1).max(256).default(64),
      }),
    }),
    z.strictObject({ pair: z.strictObject({ key: typeSpec, value: typeSpec, separator: separator.default('=') }) }),
    z.strictObject({ anyOf: z.array(typeSpec).min(2).max(8) }),
    z.strictObject({
      fields: z.strictObject({
        first: typeSpec.optional(),
        known: z.record(parameterName, typeSpec),
        required: z.array(parameterName).max(32).default([]),
      }),
    }),
    z.strictObject({ document: documentType }),
  ]),
);
const separator = z.enum([',', '=', ':', ';', '/']);

const option = z.strictObject({
  /** As the tool knows it, without dashes; also the parameter's name. */
  name: parameterName,
  /** The other names that mean it. */
  aliases: z.array(parameterName).max(8).default([]),
  short: z
    .string()
    .regex(/^[A-Za-z0-9]$/)
    .optional(),
  /** `flag`: no value, present or not; `count`: a flag that may be repeated; else the type of its value. */
  type: z.union([z.literal('flag'), z.literal('count'), typeSpec]),
  repeatable: z.boolean().default(false),
  required: z.boolean().default(false),
  /** Value that the tool takes where none is attached by `=` (pflag); the next argument is then not its value. */
  implied: z.string().max(64).optional(),
  /** Its value never stands in a log or on chain in clear. */
  secret: z.boolean().default(false),
});
export type OptionSpec = z.output<typeof option>;

const forbiddenOption = z.strictObject({
  name: parameterName,
  short: z
    .string()
    .regex(/^[A-Za-z0-9]$/)
    .optional(),
  reason,
});

const positional = z.strictObject({
  name: parameterName,
  type: typeSpec,
  required: z.boolean().default(true),
  /** Takes all that remain; the last one alone. */
  variadic: z.boolean().default(false),
  secret: z.boolean().default(false),
});

const names = z.array(parameterName).min(1).max(32);
const constraint = z.union([
  /** `if` is given (with the value `is`, where that is named): all of `needs` are, and none of `excludes`. */
  z.strictObject({
    if: parameterName,
    is: z.union([z.string(), z.number(), z.boolean()]).optional(),
    needs: names.optional(),
    excludes: names.optional(),
  }),
  z.strictObject({ atMostOne: names.min(2) }),
  z.strictObject({ exactlyOne: names.min(2) }),
  z.strictObject({ atLeastOne: names.min(2) }),
]);
export type ConstraintSpec = z.output<typeof constraint>;

const verb = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^[a-z0-9][a-z0-9-]*$/),
  )
  .max(5);
const template = z
  .string()
  .max(200)
  .regex(/^(?:[A-Za-z0-9._/=:-]|\{[A-Za-z0-9_-]+(?:\|[A-Za-z0-9._-]+)?\})+$/);
const section = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*-section-[1-9][0-9]{0,3}$/);

const command = z.strictObject({
  verb,
  operation: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)+$/),
  /** `read` changes nothing anywhere; `change` is everything else. */
  effect: z.enum(['read', 'change']),
  /** Layer of the DVCI that it acts on: 0 physical, 1 hosting, 2 computing environment, 3 client environment. */
  layer: z.int().min(0).max(3),
  /** Section whose operation contract takes it. */
  section,
  positionals: z.array(positional).max(8).default([]),
  options: z.array(option).max(MAX_ITEMS).default([]),
  /** Sets of options (`optionSets`) that it takes too. */
  use: z.array(words).max(16).default([]),
  forbidden: z.array(forbiddenOption).max(MAX_ITEMS).default([]),
  constraints: z.array(constraint).max(64).default([]),
  /** Configuration keys that it touches; `{name}` or `{name|otherwise}` stands for a parameter. */
  keys: z.array(template).max(16).default([]),
  /** The command that takes it back, if one does. */
  undo: z.array(template).min(1).max(32).optional(),
  /** What of its host it may touch, where that is not what the library says for all. */
  sandbox: sandboxSchema.default({}),
});
export type CommandSpec = z.output<typeof command>;

/** A reference library as its file has it (docs/libraries.md). */
export const librarySchema = z.strictObject({
  format: z.literal('reference-library'),
  formatVersion: z.literal(1),
  name: words,
  version: z.string().regex(/^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$/),
  /** What it was written against, for people: the tool and its version. */
  describes: z.string().min(1).max(200),
  tools: z.array(words).min(1).max(8),
  dialect: z.enum(['pflag', 'argparse', 'cliff', 'goflag', 'virsh']),
  types: z.record(parameterName, typeSpec).default({}),
  /** What the documents that its commands name may say. */
  documents: documentRulesSchema.default(documentRulesSchema.parse({})),
  /** What of its host the tool may touch. */
  sandbox: sandboxSchema.default({}),
  /** Options that every command takes, and that may stand before the verb where the tool reads them there. */
  globals: z.array(option).max(MAX_ITEMS).default([]),
  optionSets: z.record(words, z.array(option).max(MAX_ITEMS)).default({}),
  /** Options that are refused with every command. */
  forbidden: z.array(forbiddenOption).max(MAX_ITEMS).default([]),
  forbiddenVerbs: z
    .array(z.strictObject({ verb: verb.min(1), reason }))
    .max(MAX_ITEMS)
    .default([]),
  commands: z.array(command).min(1).max(MAX_ITEMS),
});
export type LibrarySpec = z.output<typeof librarySchema>;
