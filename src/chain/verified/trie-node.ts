import { readCompact } from './compact.ts';

export const HASH_BYTES = 32;
/** The chain's keys are far shorter; whatever claims more wants to be expensive. */
const MAX_NIBBLES = 1 << 16;
const ABSENT = -1;

/** A node's kind stands in the high bits of its first byte, the length of its partial key in those below. */
const KINDS = [
  { mask: 0b1100_0000, bits: 0b0100_0000, branch: false, value: 'inline' },
  { mask: 0b1100_0000, bits: 0b1000_0000, branch: true, value: 'none' },
  { mask: 0b1100_0000, bits: 0b1100_0000, branch: true, value: 'inline' },
  { mask: 0b1110_0000, bits: 0b0010_0000, branch: false, value: 'hash' },
  { mask: 0b1111_0000, bits: 0b0001_0000, branch: true, value: 'hash' },
] as const;

/**
 * A node of the state trie, as its bytes say it (sp_trie::NodeCodec). Both layouts are read: in version 0 each value is
 * in its node, in version 1 a value of 33 bytes and more stands beside the trie, under its hash. Proofs have thousands of
 * nodes and most of their children are never looked at, so these are only found, and cut out when they are asked for.
 */
export class TrieNode {
  /** How many half bytes the keys below have in common, after those on the way here. */
  readonly partialLength: number;
  readonly value?: { readonly inline: Uint8Array } | { readonly hash: Uint8Array };
  /** The nodes behind the half bytes, as far as whoever walks the trie has found them. */
  readonly below: (TrieNode | undefined)[] = [];
  readonly #partial: Uint8Array;
  readonly #bytes: Uint8Array;
  /** Where each child is, by the next half byte. */
  readonly #children: readonly number[];

  private constructor(bytes: Uint8Array) {
    const cursor = new Cursor(bytes, 0);
    const first = cursor.byte();
    const kind = KINDS.find(({ mask, bits }) => (first & mask) === bits);
    if (kind === undefined) throw new RangeError('a trie node of an unknown kind');
    this.#bytes = bytes;
    this.partialLength = readLength(first & ~kind.mask, 0xff & ~kind.mask, cursor);
    this.#partial = cursor.take((this.partialLength + 1) >> 1);
    if (this.partialLength % 2 === 1 && (this.#partial[0] ?? 0) >> 4 !== 0) {
      throw new RangeError('a trie node with a badly padded key');
    }
    const bitmap = kind.branch ? cursor.byte() | (cursor.byte() << 8) : 0;
    if (kind.value === 'hash') this.value = { hash: cursor.take(HASH_BYTES) };
    if (kind.value === 'inline') this.value = { inline: cursor.sized() };
    this.#children = kind.branch ? readChildren(bitmap, cursor) : [];
    if (!cursor.atEnd) throw new RangeError('a trie node with bytes left over');
  }

  /** Reads a node; `undefined` is the empty trie. Throws RangeError on bytes that no node has. */
  static decode(bytes: Uint8Array): TrieNode | undefined {
    return bytes.length === 1 && bytes[0] === 0 ? undefined : new TrieNode(bytes);
  }

  /** Whether the half bytes from `from` on begin with this node's. */
  leads(nibbles: Uint8Array, from: number): boolean {
    const { partialLength } = this;
    if (nibbles.length - from < partialLength) return false;
    const padding = partialLength % 2;
    for (let index = 0; index < partialLength; index += 1) {
      if (nibbleAt(this.#partial, index + padding) !== nibbles[from + index]) return false;
    }
    return true;
  }

  /** The child behind a half byte: 32 bytes are the hash of a node, fewer are the node itself. */
  child(nibble: number): Uint8Array | undefined {
    const at = this.#children[nibble] ?? ABSENT;
    return at === ABSENT ? undefined : new Cursor(this.#bytes, at).sized();
  }
}

/** Lengths that don't fit the first byte go on in further ones, until one is below 255. */
function readLength(low: number, most: number, cursor: Cursor): number {
  if (low < most) return low;
  for (let length = most; length <= MAX_NIBBLES; length += 255) {
    const more = cursor.byte();
    if (more < 255) return length + more;
  }
  throw new RangeError('a trie node with an endless key');
}

function readChildren(bitmap: number, cursor: Cursor): number[] {
  const children: number[] = [];
  for (let nibble = 0; nibble < 16; nibble += 1) {
    const isThere = ((bitmap >> nibble) & 1) === 1;
    children.push(isThere ? cursor.at : ABSENT);
    if (isThere) cursor.skip();
  }
  return children;
}

class Cursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw cutShort();
    this.at += 1;
    return byte;
  }

  take(length: number): Uint8Array {
    const from = this.at;
    this.#advance(length);
    return this.#bytes.subarray(from, this.at);
  }

  /** Bytes that are preceded by their number. */
  sized(): Uint8Array {
    return this.take(this.#length());
  }

  skip(): void {
    this.#advance(this.#length());
  }

  #advance(length: number): void {
    this.at += length;
    if (this.at > this.#bytes.length) throw cutShort();
  }

  #length(): number {
    const first = this.#bytes[this.at] ?? 0;
    // Nearly all lengths are a single byte.
    if ((first & 3) === 0) {
      this.#advance(1);
      return first >> 2;
    }
    const [offset, length] = readCompact(this.#bytes.subarray(this.at));
    this.#advance(offset);
    return length;
  }
}

function cutShort(): RangeError {
  return new RangeError('a trie node that is cut short');
}

/** Half bytes of `bytes`, the high one first. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let index = 0; index < nibbles.length; index += 1) nibbles[index] = nibbleAt(bytes, index);
  return nibbles;
}

function nibbleAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index >> 1] ?? 0;
  return index % 2 === 0 ? byte >> 4 : byte & 0x0f;
}
