import type { BaselineHeader } from './header.ts';
import { shown } from './names.ts';
import { FLAG, LANE, LANES, NO_PARENT, TYPE, TYPE_MASK } from './record.ts';

export interface BaselineSource {
  readonly path: string;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** Device, inode, size and times of the file when it was read. */
  readonly stamp: string;
}

/**
 * What a set of directories is to look like: one row an entry (record.ts), parents before their children, children sorted by
 * the bytes of their names; names, link targets and extended attributes lie in one run of bytes. 50,000 files take 10 MB.
 */
export class Baseline {
  readonly #children = new Map<number, Int32Array>();
  #inodes: Map<string, number[]> | undefined;

  constructor(
    readonly header: BaselineHeader,
    readonly rows: Int32Array,
    readonly bytes: Buffer,
    /** The file that it was read from. */
    readonly source?: BaselineSource,
  ) {}

  get count(): number {
    return this.rows.length / LANES;
  }

  /** Entries whose content or names could not be read. */
  get unread(): number {
    let found = 0;
    for (let entry = 0; entry < this.count; entry += 1) {
      if (this.lane(entry, LANE.flags) & FLAG.unreadable) found += 1;
    }
    return found;
  }

  lane(entry: number, lane: number): number {
    return this.rows[entry * LANES + lane] ?? 0;
  }

  isDirectory(entry: number): boolean {
    return (this.lane(entry, LANE.mode) & TYPE_MASK) === TYPE.directory;
  }

  /** The name in its directory, or the whole path of a root; one character a byte. */
  name(entry: number): string {
    return this.text(entry, LANE.nameAt);
  }

  /** Of a symbolic link. */
  target(entry: number): string {
    return this.text(entry, LANE.targetAt);
  }

  xattrs(entry: number): Buffer {
    const at = this.lane(entry, LANE.xattrsAt);
    return this.bytes.subarray(at, at + this.lane(entry, LANE.xattrsLength));
  }

  sha256(entry: number): Buffer {
    const at = this.rows.byteOffset + (entry * LANES + LANE.sha256) * 4;
    return Buffer.from(this.rows.buffer, at, 32);
  }

  /** One character a byte. */
  path(entry: number): string {
    const parent = this.lane(entry, LANE.parent);
    return parent === NO_PARENT ? this.name(entry) : joined(this.path(parent), this.name(entry));
  }

  shownPath(entry: number): string {
    return shown(this.path(entry));
  }

  roots(): number[] {
    const found: number[] = [];
    for (let entry = 0; entry < this.count; entry = this.lane(entry, LANE.end)) found.push(entry);
    return found;
  }

  /** In the order of their names. */
  children(entry: number): number[] {
    const found: number[] = [];
    const end = this.lane(entry, LANE.end);
    for (let child = entry + 1; child < end; child = this.lane(child, LANE.end)) found.push(child);
    return found;
  }

  child(entry: number, name: string): number | undefined {
    const wanted = Buffer.from(name, 'latin1');
    const children = this.#childrenOf(entry);
    let [from, to] = [0, children.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const child = children[middle] ?? 0;
      const [at, length] = [this.lane(child, LANE.nameAt), this.lane(child, LANE.nameLength)];
      const order = this.bytes.compare(wanted, 0, wanted.length, at, at + length);
      if (order === 0) return child;
      if (order > 0) from = middle + 1;
      else to = middle;
    }
    return undefined;
  }

  /** All names of a file, by its inode. */
  sameInode(entry: number): readonly number[] {
    if (this.isDirectory(entry) || this.lane(entry, LANE.links) < 2) return [entry];
    this.#inodes ??= this.#indexInodes();
    return this.#inodes.get(this.#inode(entry)) ?? [entry];
  }

  #indexInodes(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (let entry = 0; entry < this.count; entry += 1) {
      if (this.isDirectory(entry) || this.lane(entry, LANE.links) < 2) continue;
      const key = this.#inode(entry);
      const names = found.get(key);
      if (names === undefined) found.set(key, [entry]);
      else names.push(entry);
    }
    return found;
  }

  #inode(entry: number): string {
    return [LANE.filesystem, LANE.inode, LANE.inode + 1].map((lane) => this.lane(entry, lane)).join(' ');
  }

  /** Kept for the directories that something was looked up in, four bytes a name. */
  #childrenOf(entry: number): Int32Array {
    const known = this.#children.get(entry);
    if (known !== undefined) return known;
    const children = Int32Array.from(this.children(entry));
    this.#children.set(entry, children);
    return children;
  }

  private text(entry: number, lane: number): string {
    const at = this.lane(entry, lane);
    return this.bytes.toString('latin1', at, at + this.lane(entry, lane + 1));
  }
}

export function joined(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

/** Rows and bytes that grow. */
export class BaselineBuilder {
  #rows = new Int32Array(LANES * 1024);
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  #used = 0;
  /** Labels of access control are the same on most files: kept once. */
  readonly #kept = new Map<string, number>();
  count = 0;

  /** Takes a row of zeros and gives its number. */
  add(): number {
    if ((this.count + 1) * LANES > this.#rows.length) {
      const larger = new Int32Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.count += 1;
    return this.count - 1;
  }

  get rows(): Int32Array {
    return this.#rows;
  }

  /** What was kept there. */
  text(entry: number, lane: number): string {
    const [at = 0, length = 0] = this.#rows.subarray(entry * LANES + lane, entry * LANES + lane + 2);
    return this.#bytes.toString('latin1', at, at + length);
  }

  set(entry: number, lane: number, value: number): void {
    this.#rows[entry * LANES + lane] = value;
  }

  /** Keeps bytes and notes place and length in two lanes. */
  keep(entry: number, lane: number, text: string, often = false): void {
    if (text.length === 0) return;
    let at = often ? this.#kept.get(text) : undefined;
    if (at === undefined) {
      while (this.#used + text.length > this.#bytes.length) {
        const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
        this.#bytes.copy(larger);
        this.#bytes = larger;
      }
      at = this.#used;
      this.#used += this.#bytes.write(text, at, 'latin1');
      if (often && this.#kept.size < 10_000) this.#kept.set(text, at);
    }
    this.set(entry, lane, at);
    this.set(entry, lane + 1, text.length);
  }

  get used(): number {
    return this.#used;
  }

  finish(header: BaselineHeader): Baseline {
    const rows = this.#rows.slice(0, this.count * LANES);
    return new Baseline(header, rows, this.#bytes.subarray(0, this.#used));
  }
}
