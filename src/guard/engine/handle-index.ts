/** Which entry a file handle means: open addressing over 53-bit hashes, 12 bytes a place, because a Map of strings takes tenfold. */
export class HandleIndex {
  #mask: number;
  #keys: Float64Array;
  #values: Int32Array;
  #used = 0;

  constructor(entries: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, entries * 2)));
    this.#mask = size - 1;
    this.#keys = new Float64Array(size);
    this.#values = new Int32Array(size);
  }

  /** The first entry of an inode stays: the others are found by its number. */
  set(fsid: Buffer, bytes: Buffer, at: number, length: number, entry: number): void {
    // Files that are replaced leave the handle of their last inode behind.
    if (this.#used * 4 > this.#mask * 3) this.#grow();
    this.#put(hash(fsid, bytes, at, length), entry);
  }

  #put(key: number, entry: number): void {
    const place = this.#place(key);
    if (place === undefined || this.#keys[place] !== 0) return;
    this.#keys[place] = key;
    this.#values[place] = entry;
    this.#used += 1;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    const size = keys.length * 2;
    this.#mask = size - 1;
    this.#keys = new Float64Array(size);
    this.#values = new Int32Array(size);
    this.#used = 0;
    for (const [place, key] of keys.entries()) if (key !== 0) this.#put(key, values[place] ?? 0);
  }

  get(fsid: Buffer, bytes: Buffer, at: number, length: number): number | undefined {
    const place = this.#place(hash(fsid, bytes, at, length));
    return place === undefined || this.#keys[place] === 0 ? undefined : this.#values[place];
  }

  #place(key: number): number | undefined {
    for (let step = 0; step <= this.#mask; step += 1) {
      const place = (key + step) & this.#mask;
      if (this.#keys[place] === 0 || this.#keys[place] === key) return place;
    }
    return undefined;
  }
}

/** FNV-1a twice, 27 and 26 bits of it; never 0. */
function hash(fsid: Buffer, bytes: Buffer, at: number, length: number): number {
  let [a, b] = [0x811c9dc5, 0x050c5d1f];
  for (const part of [fsid, bytes.subarray(at, at + length)]) {
    for (const byte of part) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ (byte + 0x55), 0x01000193);
    }
  }
  return (a >>> 5) * 0x4000000 + (b >>> 6) || 1;
}
