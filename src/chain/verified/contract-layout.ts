import { z } from 'zod';
import { bytesSchema, concatBytes } from './codec.ts';
import { InkTypes, portableTypes } from './ink-types.ts';
import { blake2Concat } from './storage-keys.ts';

/** One of a contract's mappings: where its values are, and what they are. */
interface Mapping {
  readonly prefix: Uint8Array;
  readonly valueType: number;
}

const typeId = z.number().int().nonnegative();
/** The parts of ink!'s contract metadata (version 5) that say where a contract keeps its values. */
const metadata = z.object({
  source: z.object({ hash: bytesSchema }),
  storage: z.object({
    root: z.object({
      root_key: bytesSchema,
      ty: typeId,
      layout: z.object({ struct: z.object({ fields: z.array(z.object({ name: z.string(), layout: z.unknown() })) }) }),
    }),
  }),
  types: portableTypes,
});
const mappingLayout = z.object({ root: z.object({ root_key: bytesSchema, ty: typeId }) });

/**
 * Where a contract keeps what, from the metadata that is built with it: its storage is a trie of its own, the fields
 * together in one cell, and each value of a mapping in another.
 */
export class ContractLayout {
  /** Hash of the code that keeps its storage so. */
  readonly codeHash: Uint8Array;
  /** Key of the cell with the fields. */
  readonly rootKey: Uint8Array;
  readonly #types: InkTypes;
  readonly #rootType: number;
  readonly #mappings: ReadonlyMap<string, Mapping>;

  private constructor(parsed: z.infer<typeof metadata>) {
    const { root } = parsed.storage;
    this.#types = new InkTypes(parsed.types);
    this.codeHash = parsed.source.hash;
    this.rootKey = blake2Concat(root.root_key);
    this.#rootType = root.ty;
    this.#mappings = new Map(
      root.layout.struct.fields.flatMap(({ name, layout }) => {
        const found = mappingLayout.safeParse(layout);
        // The parameters of ink!'s Mapping are key, value, and a mark.
        const valueType = found.success ? this.#types.parameters(found.data.root.ty)[1] : undefined;
        return found.success && valueType !== undefined
          ? [[name, { prefix: found.data.root.root_key, valueType }]]
          : [];
      }),
    );
  }

  /** Throws on what is no contract metadata. */
  static of(json: unknown): ContractLayout {
    return new ContractLayout(metadata.parse(json));
  }

  /** Key of a mapping's value. `key`: SCALE bytes. */
  valueKey(mapping: string, key: Uint8Array): Uint8Array {
    return blake2Concat(concatBytes(this.#mapping(mapping).prefix, key));
  }

  /** The fields, in the JSON form of ink-types.ts. Throws on bytes that they don't have. */
  decodeRoot(bytes: Uint8Array): unknown {
    return this.#types.decode(this.#rootType, bytes);
  }

  /** A value of a mapping, likewise. */
  decodeValue(mapping: string, bytes: Uint8Array): unknown {
    return this.#types.decode(this.#mapping(mapping).valueType, bytes);
  }

  #mapping(name: string): Mapping {
    const found = this.#mappings.get(name);
    if (found === undefined) throw new RangeError(`the contract has no mapping ${name}`);
    return found;
  }
}
