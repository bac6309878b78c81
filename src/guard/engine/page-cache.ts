import type { Block, Libc } from './libc.ts';

const PAGE = 4096;
const SIZE = 1 << 20;
const F_SETFL = 4;
/** Gives what is in memory and never waits for the disk (preadv2(2)). */
const RWF_NOWAIT = 8;

/** Compares what the page cache holds of a file with what was read from the disk. */
export class PageCache {
  readonly #copy: Block;
  readonly #part = Buffer.alloc(16);
  readonly #range = Buffer.alloc(16);
  readonly #counts = Buffer.alloc(40);

  constructor(readonly libc: Libc) {
    this.#copy = libc.allocate(SIZE);
  }

  close(): void {
    this.#copy.free();
  }

  /** False when a cached page differs from `disk`, which was read at `offset`. Takes O_DIRECT off the descriptor for the time. */
  agrees(fd: number, disk: Buffer, offset: number): boolean {
    if (!this.#isCached(fd, disk.length, offset)) return true;
    this.libc.fcntl(fd, F_SETFL, 0);
    let same = true;
    for (let at = 0; at < disk.length && same; ) {
      const got = this.#cached(fd, Math.min(disk.length - at, SIZE), offset + at);
      if (got > 0) same = disk.compare(this.#copy.bytes, 0, got, at, at + got) === 0;
      // Behind a gap there may be more.
      at += got > 0 ? got : PAGE - ((offset + at) % PAGE);
    }
    this.libc.fcntl(fd, F_SETFL, this.#direct);
    return same;
  }

  readonly #direct = process.arch === 'arm64' ? 0o200000 : 0o40000;

  #cached(fd: number, length: number, offset: number): number {
    this.#part.writeBigUInt64LE(this.#copy.address, 0);
    this.#part.writeBigUInt64LE(BigInt(length), 8);
    return Number(this.libc.preadv2(fd, this.#part, 1, offset, RWF_NOWAIT));
  }

  #isCached(fd: number, length: number, offset: number): boolean {
    this.#range.writeBigUInt64LE(BigInt(offset), 0);
    this.#range.writeBigUInt64LE(BigInt(length), 8);
    if (Number(this.libc.cachestat(fd, this.#range, this.#counts)) !== 0) return true;
    return this.#counts.readBigUInt64LE(0) > 0n;
  }
}
