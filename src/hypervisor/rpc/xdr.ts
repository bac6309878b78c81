/**
 * External Data Representation (RFC 4506), the encoding of libvirt's wire protocol: big-endian, everything padded to four
 * bytes. A codec reads and writes one type; protocol.ts is built from these and holds no code of its own.
 */
export interface Codec<T> {
  write(writer: XdrWriter, value: T): void;
  read(reader: XdrReader): T;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** Bytes that are not what the protocol allows: the peer is broken, hostile, or something else altogether. */
export class XdrError extends Error {}

export class XdrWriter {
  readonly #chunks: Uint8Array[] = [];

  uint32(value: number): void {
    const chunk = Buffer.alloc(4);
    chunk.writeUInt32BE(value);
    this.#chunks.push(chunk);
  }

  uint64(value: bigint): void {
    const chunk = Buffer.alloc(8);
    chunk.writeBigUInt64BE(value);
    this.#chunks.push(chunk);
  }

  /** Bytes as they are, with zeros up to the next multiple of four. */
  padded(value: Uint8Array): void {
    this.#chunks.push(value, Buffer.alloc(-value.length & 3));
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export class XdrReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  padded(length: number): Buffer {
    const value = this.#take(length);
    this.#take(-length & 3);
    return value;
  }

  rest(): Buffer {
    return this.#take(this.remaining);
  }

  /** A reader of what is left, so that several listeners can each read the same message. */
  fork(): XdrReader {
    return new XdrReader(this.#bytes.subarray(this.#offset));
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  #take(length: number): Buffer {
    if (length > this.remaining) throw new XdrError(`The message ends ${length - this.remaining} bytes too early.`);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }
}

export const uint32: Codec<number> = {
  write: (writer, value) => writer.uint32(value),
  read: (reader) => reader.uint32(),
};

export const int32: Codec<number> = {
  write: (writer, value) => writer.uint32(value >>> 0),
  read: (reader) => reader.uint32() | 0,
};

export const uint64: Codec<bigint> = {
  write: (writer, value) => writer.uint64(value),
  read: (reader) => reader.uint64(),
};

export const int64: Codec<bigint> = {
  write: (writer, value) => writer.uint64(BigInt.asUintN(64, value)),
  read: (reader) => BigInt.asIntN(64, reader.uint64()),
};

/** IEEE 754, double precision. */
export const float64: Codec<number> = {
  write: (writer, value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    writer.padded(bytes);
  },
  read: (reader) => reader.padded(8).readDoubleBE(),
};

export const nothing: Codec<void> = { write: () => {}, read: () => {} };

export function fixedBytes(length: number): Codec<Uint8Array> {
  return {
    write: (writer, value) => {
      if (value.length !== length) throw new XdrError(`${value.length} bytes where there must be ${length}.`);
      writer.padded(value);
    },
    // A copy: the frame it came in may be large, and must not live as long as these few bytes.
    read: (reader) => Uint8Array.from(reader.padded(length)),
  };
}

/** Opaque bytes, at most `max`. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    write: (writer, value) => {
      writer.uint32(bounded(value.length, max));
      writer.padded(value);
    },
    read: (reader) => Uint8Array.from(reader.padded(bounded(reader.uint32(), max))),
  };
}

/** UTF-8 of at most `max` bytes. */
export function text(max: number): Codec<string> {
  return {
    write: (writer, value) => {
      const encoded = Buffer.from(value, 'utf8');
      writer.uint32(bounded(encoded.length, max));
      writer.padded(encoded);
    },
    read: (reader) => reader.padded(bounded(reader.uint32(), max)).toString('utf8'),
  };
}

export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write: (writer, value) => {
      writer.uint32(value === null ? 0 : 1);
      if (value !== null) codec.write(writer, value);
    },
    read: (reader) => {
      const present = reader.uint32();
      if (present > 1) throw new XdrError(`${present} where only 0 or 1 can be.`);
      return present === 1 ? codec.read(reader) : null;
    },
  };
}

export function list<T>(codec: Codec<T>, max: number): Codec<T[]> {
  return {
    write: (writer, values) => {
      writer.uint32(bounded(values.length, max));
      for (const value of values) codec.write(writer, value);
    },
    read: (reader) => {
      const count = bounded(reader.uint32(), max);
      const values: T[] = [];
      // Not allocated in advance: the count is the peer's claim until the elements have been read.
      for (let index = 0; index < count; index += 1) values.push(codec.read(reader));
      return values;
    },
  };
}

type Fields = Readonly<Record<string, Codec<never>>>;

export function struct<F extends Record<string, unknown>>(fields: F): Codec<{ [K in keyof F]: ValueOf<F[K]> }> {
  const entries = Object.entries(fields as unknown as Fields);
  return {
    write: (writer, value) => {
      for (const [name, codec] of entries) codec.write(writer, value[name] as never);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as { [K in keyof F]: ValueOf<F[K]> };
    },
  };
}

/** One of several types; a number before the value says which. */
export function union<C extends Readonly<Record<number, unknown>>>(
  cases: C,
): Codec<{ type: number; value: ValueOf<C[keyof C]> }> {
  type Value = ValueOf<C[keyof C]>;
  const codecOf = (type: number): Codec<Value> => {
    const codec = Object.hasOwn(cases, type) ? (cases as Readonly<Record<number, unknown>>)[type] : undefined;
    if (codec === undefined) throw new XdrError(`A value of the unknown type ${type}.`);
    return codec as Codec<Value>;
  };
  return {
    write: (writer, { type, value }) => {
      int32.write(writer, type);
      codecOf(type).write(writer, value);
    },
    read: (reader) => {
      const type = int32.read(reader);
      return { type, value: codecOf(type).read(reader) };
    },
  };
}

function bounded(length: number, max: number): number {
  if (length > max) throw new XdrError(`A length of ${length} where at most ${max} is allowed.`);
  return length;
}

/** One remote call: its number and what goes each way. */
export interface Procedure<A, R> {
  readonly number: number;
  readonly args: Codec<A>;
  readonly result: Codec<R>;
}

export function procedure<A, R>(number: number, args: Codec<A>, result: Codec<R>): Procedure<A, R> {
  return { number, args, result };
}

export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter();
  codec.write(writer, value);
  return writer.finish();
}
