import type { PortableRegistry } from '@polkadot/types';
import type { SiLookupTypeId, SiVariant } from '@polkadot/types/interfaces';
import type { Registry } from '@polkadot/types/types';
import { stringCamelCase } from '@polkadot/util';
import { decodeAddress } from '@polkadot/util-crypto';

/** An argument that does not fit its type. */
export class Misfit extends Error {
  readonly path: string;

  constructor(path: string, why: string) {
    super(why);
    this.path = path;
  }
}

/** Reads a call inside a call. */
export type CallReader = (value: unknown, path: string) => unknown;

/** Types that polkadot.js encodes in a form of its own; it checks them itself. */
const PASSED_ON = new Set(['Data', 'Vote', 'Era', 'BitVec', 'BTreeSet']);

/**
 * Checks a JSON value against a type of the chain's metadata and gives it in the form that polkadot.js encodes. That
 * library fills in what is missing and passes over what it does not know; here both are errors, because a transaction
 * can't be taken back. Throws Misfit.
 */
export class ArgumentReader {
  readonly #registry: Registry;
  readonly #lookup: PortableRegistry;
  readonly #readCall: CallReader;

  constructor(registry: Registry, readCall: CallReader) {
    this.#registry = registry;
    this.#lookup = registry.lookup as PortableRegistry;
    this.#readCall = readCall;
  }

  read(id: SiLookupTypeId, value: unknown, path: string): unknown {
    const { def, path: names, params } = this.#lookup.getSiType(id);
    const name = names.at(-1)?.toString() ?? '';
    if (name === 'AccountId32') return this.#account(value, path);
    if (name === 'MultiAddress' && typeof value === 'string') return this.#account(value, path);
    if (name === 'RuntimeCall') return this.#readCall(value, path);
    if (PASSED_ON.has(name)) return value;
    if (name === 'Option') {
      const inner = params[0]?.type.unwrapOr(undefined);
      return value === null || value === undefined || inner === undefined ? null : this.read(inner, value, path);
    }
    if (name === 'BTreeMap')
      return this.#map(
        params.map(({ type }) => type.unwrap()),
        value,
        path,
      );
    if (def.isPrimitive) return primitive(def.asPrimitive.type.toLowerCase(), value, path);
    if (def.isCompact) return this.read(def.asCompact.type, value, path);
    if (def.isSequence) return this.#list(def.asSequence.type, value, path);
    if (def.isArray) return this.#list(def.asArray.type, value, path, def.asArray.len.toNumber());
    if (def.isTuple) return this.#tuple([...def.asTuple], value, path);
    if (def.isVariant) return this.#variant([...def.asVariant.variants], value, path);
    if (def.isComposite) return this.#fields([...def.asComposite.fields], value, path);
    return value;
  }

  #account(value: unknown, path: string): string {
    if (typeof value !== 'string') throw new Misfit(path, `an address is a text, not ${kindOf(value)}`);
    try {
      const isHex = value.startsWith('0x');
      const bytes = decodeAddress(value, false, isHex ? -1 : (this.#registry.chainSS58 ?? -1));
      if (bytes.length !== 32) throw new RangeError('it has not 32 bytes');
    } catch (error) {
      throw new Misfit(
        path,
        `${JSON.stringify(value.slice(0, 80))} is not an address of this chain (${(error as Error).message})`,
      );
    }
    return value;
  }

  #map(types: SiLookupTypeId[], value: unknown, path: string): unknown {
    const [key, item] = types;
    if (!Array.isArray(value) || key === undefined || item === undefined)
      throw new Misfit(path, 'a map is a list of [key, value]');
    return new Map(
      value.map((pair, index) => this.#tuple([key, item], pair, `${path}[${index}]`) as [unknown, unknown]),
    );
  }

  #list(type: SiLookupTypeId, value: unknown, path: string, length?: number): unknown {
    const { def } = this.#lookup.getSiType(type);
    const ofBytes = def.isPrimitive && def.asPrimitive.isU8;
    if (ofBytes && typeof value === 'string') return bytesOf(value, path, length);
    if (!Array.isArray(value)) {
      throw new Misfit(
        path,
        `${ofBytes ? 'bytes are hexadecimal with 0x, or a list' : 'it takes a list'}, not ${kindOf(value)}`,
      );
    }
    if (length !== undefined && value.length !== length)
      throw new Misfit(path, `it takes ${length} items, not ${value.length}`);
    return value.map((item, index) => this.read(type, item, `${path}[${index}]`));
  }

  #tuple(types: SiLookupTypeId[], value: unknown, path: string): unknown {
    if (types.length === 0 && (value === null || value === undefined)) return [];
    if (!Array.isArray(value) || value.length !== types.length)
      throw new Misfit(path, `it takes a list of ${types.length} items`);
    return types.map((type, index) => this.read(type, value[index], `${path}[${index}]`));
  }

  #variant(variants: SiVariant[], value: unknown, path: string): unknown {
    const names = variants.map(({ name }) => name.toString());
    const known = `one of ${names.join(', ')}`.slice(0, 500);
    const entries = isObject(value) ? Object.entries(value) : [[value, null] as const];
    const [[name, content] = [undefined, null]] = entries;
    const variant = entries.length === 1 ? variants.find((one) => one.name.toString() === name) : undefined;
    if (variant === undefined) throw new Misfit(path, `it takes ${known}, as a name or as {"Name": content}`);
    if (variant.fields.length === 0) {
      if (content !== null) throw new Misfit(`${path}.${name}`, 'it takes nothing more');
      return { [String(name)]: null };
    }
    return { [String(name)]: this.#fields([...variant.fields], content, `${path}.${name}`) };
  }

  #fields(fields: SiVariant['fields'][number][], value: unknown, path: string): unknown {
    const [first] = fields;
    if (first === undefined) return this.#tuple([], value, path);
    if (first.name.isNone) {
      return fields.length === 1
        ? this.read(first.type, value, path)
        : this.#tuple(
            fields.map(({ type }) => type),
            value,
            path,
          );
    }
    if (!isObject(value)) throw new Misfit(path, `it takes an object, not ${kindOf(value)}`);
    const given = new Map(Object.entries(value).map(([name, content]) => [stringCamelCase(name), content]));
    const wanted = fields.map(({ name, type }) => ({ name: stringCamelCase(name.unwrap().toString()), type }));
    const foreign = [...given.keys()].find((name) => !wanted.some((field) => field.name === name));
    if (foreign !== undefined)
      throw new Misfit(
        `${path}.${foreign}`,
        `there is no such field, only ${wanted.map(({ name }) => name).join(', ')}`,
      );
    return Object.fromEntries(
      wanted.map(({ name, type }) => {
        const optional = this.#lookup.getSiType(type).path.at(-1)?.toString() === 'Option';
        if (!given.has(name) && !optional) throw new Misfit(`${path}.${name}`, 'it is missing');
        return [name, this.read(type, given.get(name), `${path}.${name}`)];
      }),
    );
  }
}

function primitive(type: string, value: unknown, path: string): unknown {
  if (type === 'bool') {
    if (typeof value !== 'boolean') throw new Misfit(path, `it takes true or false, not ${kindOf(value)}`);
    return value;
  }
  if (type === 'str' || type === 'char') {
    if (typeof value !== 'string') throw new Misfit(path, `it takes a text, not ${kindOf(value)}`);
    return value;
  }
  const whole =
    typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^-?\d{1,80}$/.test(value);
  if (!whole) throw new Misfit(path, `it takes a whole number, not ${kindOf(value)}`);
  const [number, bits] = [BigInt(value as string | number), BigInt(type.slice(1))];
  const [least, most] = type.startsWith('i')
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
  if (number < least || number > most) throw new Misfit(path, `${number} is not from ${least} to ${most}`);
  return number.toString();
}

function bytesOf(value: string, path: string, length: number | undefined): string {
  // No group that repeats: it would overflow the stack where the bytes are a runtime's.
  const isHex = /^0x[0-9a-f]*$/i.test(value) && value.length % 2 === 0;
  if (!isHex && (value.startsWith('0x') || length !== undefined))
    throw new Misfit(path, 'bytes are 0x and pairs of hexadecimal digits');
  const bytes = isHex ? (value.length - 2) / 2 : new TextEncoder().encode(value).length;
  if (length !== undefined && bytes !== length) throw new Misfit(path, `it takes ${length} bytes, not ${bytes}`);
  return isHex ? value : `0x${Buffer.from(value).toString('hex')}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value).slice(0, 80);
}
