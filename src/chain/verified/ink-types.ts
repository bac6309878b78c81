import { Bytes, bool, compact, createDecoder, type Decoder, str, u8, u16, u32, u64, u128, Vector } from 'scale-ts';
import { z } from 'zod';
import { encodeAccount } from '../ss58.ts';
import { toHash } from './codec.ts';

const id = z.number().int().nonnegative();
const field = z.object({ name: z.string().optional(), type: id });
const fields = z.array(field).optional().default([]);
const definition = z.union([
  z.object({ composite: z.object({ fields }) }),
  z.object({
    variant: z.object({ variants: z.array(z.object({ name: z.string(), index: z.number(), fields })).optional() }),
  }),
  z.object({ sequence: z.object({ type: id }) }),
  z.object({ array: z.object({ len: z.number(), type: id }) }),
  z.object({ tuple: z.array(id) }),
  z.object({ primitive: z.string() }),
  z.object({ compact: z.object({ type: id }) }),
]);

/** The types of ink!'s contract metadata, as the crate scale-info writes them. */
export const portableTypes = z.array(
  z.object({
    id,
    type: z.object({
      path: z.array(z.string()).optional().default([]),
      params: z.array(z.object({ type: id.optional() })).optional(),
      def: definition,
    }),
  }),
);
export type PortableTypes = z.output<typeof portableTypes>;
type Field = z.output<typeof field>;

const PRIMITIVES: Readonly<Record<string, Decoder<unknown>>> = {
  bool: bool.dec,
  str: str.dec,
  u8: u8.dec,
  u16: u16.dec,
  u32: u32.dec,
  u64: plainNumber(u64.dec, 64),
  u128: plainNumber(u128.dec, 128),
};

/**
 * Decoders for the types of a contract. They give the JSON form that polkadot.js gives, too: bytes in hexadecimal, accounts
 * as addresses, large numbers in hexadecimal, `null` for `None`, variants by their names.
 */
export class InkTypes {
  readonly #types: ReadonlyMap<number, PortableTypes[number]['type']>;
  readonly #known = new Map<number, Decoder<unknown>>();

  constructor(types: PortableTypes) {
    this.#types = new Map(types.map((one) => [one.id, one.type]));
  }

  /** Types that a type was made of, such as key and value of a mapping. */
  parameters(type: number): (number | undefined)[] {
    return this.#types.get(type)?.params?.map((parameter) => parameter.type) ?? [];
  }

  /** Decodes the bytes of a type. Throws on bytes that it doesn't have. */
  decode(type: number, bytes: Uint8Array): unknown {
    // A copy, since scale-ts reads from the beginning of the memory that a view is of.
    return this.#decoder(type)(new Uint8Array(bytes));
  }

  #decoder(type: number): Decoder<unknown> {
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    // Found when it is used: a type may contain itself.
    const later = createDecoder((bytes) => made(bytes));
    this.#known.set(type, later);
    const made = this.#make(type);
    this.#known.set(type, made);
    return made;
  }

  #make(type: number): Decoder<unknown> {
    const found = this.#types.get(type);
    if (found === undefined) throw new RangeError(`the contract has no type ${type}`);
    const { path, def } = found;
    if ('primitive' in def) return PRIMITIVES[def.primitive] ?? unknownType(def.primitive);
    if ('compact' in def) return plainNumber(compact.dec, this.#bits(def.compact.type));
    if ('tuple' in def) return this.#tuple(def.tuple);
    if ('sequence' in def) {
      return this.#isByte(def.sequence.type) ? hex(Bytes().dec) : Vector.dec(this.#decoder(def.sequence.type));
    }
    if ('array' in def) {
      const { len, type: item } = def.array;
      return this.#isByte(item) ? hex(Bytes(len).dec) : Vector.dec(this.#decoder(item), len);
    }
    if ('composite' in def) {
      if (path.at(-1) !== 'AccountId') return this.#fields(def.composite.fields);
      const account = Bytes(32).dec;
      return createDecoder((bytes) => encodeAccount(account(bytes)));
    }
    return this.#variant(path, def.variant.variants ?? []);
  }

  #bits(type: number): number {
    const def = this.#types.get(type)?.def;
    return def !== undefined && 'primitive' in def ? Number(def.primitive.slice(1)) : 128;
  }

  #isByte(type: number): boolean {
    const def = this.#types.get(type)?.def;
    return def !== undefined && 'primitive' in def && def.primitive === 'u8';
  }

  #tuple(types: readonly number[]): Decoder<unknown> {
    const decoders = types.map((type) => this.#decoder(type));
    return createDecoder((bytes) => (decoders.length === 0 ? null : decoders.map((decode) => decode(bytes))));
  }

  /** Named ones become an object; a single one without a name is the value itself. */
  #fields(list: readonly Field[]): Decoder<unknown> {
    const [only] = list;
    if (only !== undefined && list.length === 1 && only.name === undefined) return this.#decoder(only.type);
    if (list.every(({ name }) => name === undefined)) return this.#tuple(list.map(({ type }) => type));
    const named = list.map(({ name = '', type }) => [camel(name), this.#decoder(type)] as const);
    return createDecoder((bytes) => Object.fromEntries(named.map(([name, decode]) => [name, decode(bytes)])));
  }

  #variant(
    path: readonly string[],
    variants: readonly { name: string; index: number; fields: readonly Field[] }[],
  ): Decoder<unknown> {
    const byIndex = new Map(
      variants.map(({ name, index, fields: list }) => [
        index,
        { name, decode: list.length === 0 ? undefined : this.#fields(list) },
      ]),
    );
    const plain = variants.every((variant) => variant.fields.length === 0);
    return createDecoder((bytes) => {
      const variant = byIndex.get(u8.dec(bytes));
      if (variant === undefined) throw new RangeError('a variant that the type does not have');
      const value = variant.decode?.(bytes) ?? null;
      if (path.at(-1) === 'Option') return value;
      return plain ? variant.name : { [camel(variant.name)]: value };
    });
  }
}

function hex(decode: Decoder<Uint8Array>): Decoder<string> {
  return createDecoder((bytes) => toHash(decode(bytes)));
}

/** Above this a number is written in hexadecimal, as long as its type. */
const MOST_PLAIN = 2n ** 52n - 1n;

function plainNumber(decode: Decoder<number | bigint>, bits: number): Decoder<number | string> {
  return createDecoder((bytes) => {
    const value = BigInt(decode(bytes));
    return value <= MOST_PLAIN ? Number(value) : `0x${value.toString(16).padStart(bits / 4, '0')}`;
  });
}

function unknownType(name: string): never {
  throw new RangeError(`a primitive type ${name}`);
}

function camel(name: string): string {
  const joined = name.replaceAll(/_+([a-z0-9])/gi, (_match, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}
