/**
 * The same runtime with another `spec_version` in what `Core_version` answers, so that upgrades can be tried without
 * building a runtime. With `from`, the versions that it has, it takes what is signed for the new one, too, and no longer
 * what is signed for the old; whatever else it thinks of itself stays.
 */
export function newerRuntime(
  wasm: Uint8Array,
  specVersion: number,
  from?: { specVersion: number; transactionVersion: number },
): Uint8Array {
  const sections = sectionsOf(wasm);
  const body = (id: number): Uint8Array => sections.find((section) => section.id === id)?.body ?? new Uint8Array();
  const imported = importedFunctions(body(IMPORTS));
  const functions = new Reader(body(FUNCTIONS)).list((reader) => reader.u32());
  const { index, patched } = redirectExport(body(EXPORTS), 'Core_version', imported + functions.length);
  const type = functions[index - imported];
  if (type === undefined) throw new RangeError('Core_version is no function of this module');
  const replaced = new Map([
    [FUNCTIONS, vector([...functions, type].map(leb))],
    [EXPORTS, patched],
    [CODE, appendItem(from ? signsFor(body(CODE), specVersion, from) : body(CODE), wrapper(index, specVersion))],
  ]);
  return join([
    wasm.subarray(0, 8),
    // Without the custom section everybody has to ask the code itself.
    ...sections
      .filter(({ id, body: content }) => id !== 0 || new Reader(content).name() !== 'runtime_version')
      .map(({ id, body: content }) => section(id, replaced.get(id) ?? content)),
  ]);
}

const [IMPORTS, FUNCTIONS, EXPORTS, CODE] = [2, 3, 7, 10];

/** `spec_version` stands behind two names of five letters, each with its length, and `authoring_version`. */
const SPEC_VERSION_AT = 6 + 6 + 4;

/**
 * What a transaction is signed for are the spec version and the transaction version, in this order: the compiler makes a
 * single constant of 64 bits of them.
 */
function signsFor(
  body: Uint8Array,
  specVersion: number,
  from: { specVersion: number; transactionVersion: number },
): Uint8Array {
  const pair = (spec: number): Buffer =>
    Buffer.from([I64_CONST, ...signedLeb(from.transactionVersion * 2 ** 32 + spec)]);
  const [old, wanted] = [pair(from.specVersion), pair(specVersion)];
  const patched = Buffer.from(body);
  const found: number[] = [];
  for (let at = patched.indexOf(old); at >= 0; at = patched.indexOf(old, at + 1)) found.push(at);
  if (found.length === 0 || old.length !== wanted.length)
    throw new RangeError('the versions are not where they should be');
  for (const at of found) wanted.copy(patched, at);
  return patched;
}

const I64_CONST = 0x42;

/** Calls the old function, writes into what it returned (pointer in the low half), and returns it. */
function wrapper(original: number, specVersion: number): Uint8Array {
  const code = join([
    [0x01, 0x01, 0x7e], // one local: i64
    [0x20, 0x00, 0x20, 0x01, 0x10, ...leb(original), 0x22, 0x02, 0xa7], // i32.wrap(local 2 = original(0, 1))
    [0x41, ...signedLeb(specVersion), 0x36, 0x00, ...leb(SPEC_VERSION_AT)], // i32.store
    [0x20, 0x02, 0x0b],
  ]);
  return join([leb(code.length), code]);
}

function redirectExport(body: Uint8Array, name: string, to: number): { index: number; patched: Uint8Array } {
  let index = -1;
  const entries = new Reader(body).list((reader) => {
    const start = reader.at;
    const found = reader.name();
    const kind = reader.byte();
    const target = reader.u32();
    if (found !== name || kind !== 0) return body.subarray(start, reader.at);
    index = target;
    return join([leb(name.length), new TextEncoder().encode(name), [0], leb(to)]);
  });
  if (index < 0) throw new RangeError(`the module exports no ${name}`);
  return { index, patched: vector(entries) };
}

function importedFunctions(body: Uint8Array): number {
  if (body.length === 0) return 0;
  const kinds = new Reader(body).list((reader) => {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === 0) reader.u32();
    else if (kind === 2) reader.limits();
    else throw new RangeError(`an import of kind ${kind}`);
    return kind;
  });
  return kinds.filter((kind) => kind === 0).length;
}

function sectionsOf(wasm: Uint8Array): { id: number; body: Uint8Array }[] {
  const reader = new Reader(wasm, 8);
  const sections: { id: number; body: Uint8Array }[] = [];
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const length = reader.u32();
    sections.push({ id, body: wasm.subarray(reader.at, reader.at + length) });
    reader.at += length;
  }
  return sections;
}

/** Reads the binary form of Wasm. */
class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw new RangeError('the module ends too early');
    this.at += 1;
    return byte;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  limits(): void {
    const flags = this.byte();
    this.u32();
    if (flags & 1) this.u32();
  }

  list<T>(item: (reader: Reader) => T): T[] {
    return Array.from({ length: this.u32() }, () => item(this));
  }
}

/** A vector with one more item at its end. */
function appendItem(body: Uint8Array, item: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  const count = reader.u32();
  return join([leb(count + 1), body.subarray(reader.at), item]);
}

function vector(items: readonly (Uint8Array | number[])[]): Uint8Array {
  return join([leb(items.length), ...items]);
}

function section(id: number, body: Uint8Array): Uint8Array {
  return join([[id], leb(body.length), body]);
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(Math.floor(value / 0x80))];
}

/** Positive numbers only: a sign bit is kept free. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(Math.floor(value / 0x80))];
}

function join(parts: readonly (Uint8Array | number[])[]): Uint8Array {
  return Buffer.concat(parts.map((part) => Uint8Array.from(part)));
}
