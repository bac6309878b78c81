import { createHash } from 'node:crypto';
import type { Block, Libc } from './libc.ts';
import { PageCache } from './page-cache.ts';

const DEPTH = 128;
const ARENA = 2 << 20;
const PAGE = 4096;
const IOCB = 64;
const EVENT = 32;
const POSIX_FADV_DONTNEED = 4;

/** A file whose content is to be known: the descriptor is closed afterwards. */
export interface Asked {
  readonly tag: number;
  readonly fd: number;
  readonly size: number;
  /** Opened with O_DIRECT. */
  readonly direct: boolean;
}

export interface Answer {
  readonly tag: number;
  /** Bytes read; negative: the error number. */
  readonly length: number;
  /** Valid during the call only. */
  readonly sha256: Uint8Array;
  /** What programs read from memory is not what lies on the disk. */
  readonly cacheDiffers: boolean;
}

/**
 * Hashes what is on the disk and not what the page cache says: O_DIRECT, many files in one submission (io_submit(2)), because
 * one by one each costs a switch of context. What is cached is compared with it: programs run what is cached. Where a
 * filesystem has no direct reads, its cache is dropped first (posix_fadvise(2)).
 */
export class ContentReader {
  readonly #arena: Block;
  readonly #chunk: Block;
  readonly #control: Block;
  readonly #list: Block;
  readonly #events: Block;
  readonly #digest = Buffer.alloc(32);
  readonly #cache: PageCache;
  #context: bigint | undefined;
  #batch: { asked: Asked; at: number; length: number }[] = [];
  #used = 0;
  #large: Asked | undefined;

  constructor(
    readonly libc: Libc,
    readonly answer: (answer: Answer) => void,
  ) {
    this.#arena = libc.allocate(ARENA);
    this.#chunk = libc.allocate(ARENA / 2);
    this.#control = libc.allocate(IOCB * DEPTH);
    this.#list = libc.allocate(8 * DEPTH);
    this.#events = libc.allocate(EVENT * DEPTH);
    this.#cache = new PageCache(libc);
    this.#context = libc.ioSetup(DEPTH);
    for (let slot = 0; slot < DEPTH; slot += 1) {
      this.#list.bytes.writeBigUInt64LE(this.#control.address + BigInt(slot * IOCB), slot * 8);
    }
  }

  /** The file that does not fit into a batch, once: its reader must be run to its end. */
  takeLarge(): Generator<void> | undefined {
    const large = this.#large;
    this.#large = undefined;
    return large === undefined ? undefined : this.#parts(large);
  }

  /** Takes a file up; after each call `takeLarge` is asked. */
  add(asked: Asked): void {
    if (asked.size >= ARENA / 2) {
      this.#large = asked;
      return;
    }
    const length = (asked.size + PAGE) & ~(PAGE - 1);
    if (this.#batch.length === DEPTH || this.#used + length > ARENA) this.flush();
    this.#batch.push({ asked, at: this.#used, length });
    this.#used += length;
  }

  /** Reads, hashes and answers all that was added. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#used = 0;
    let from = 0;
    // Direct ones go together as far as they are neighbours in the batch, which is nearly always all of it.
    while (from < batch.length) {
      let to = from;
      while (to < batch.length && batch[to]?.asked.direct && this.#context !== undefined) to += 1;
      if (to > from) this.#together(batch.slice(from, to));
      else this.#alone(batch[from] as (typeof batch)[number]);
      from = Math.max(to, from + 1);
    }
  }

  /** A large file, a part at a time, so that events need not wait for it. */
  *#parts(asked: Asked): Generator<void> {
    const hash = createHash('sha256');
    let [length, cacheDiffers] = [0, false];
    if (!asked.direct) this.libc.fadvise(asked.fd, 0, 0, POSIX_FADV_DONTNEED);
    try {
      for (;;) {
        const got = Number(this.libc.pread(asked.fd, this.#chunk.bytes, this.#chunk.bytes.length, length));
        if (got < 0) length = -this.libc.errno();
        if (got <= 0) break;
        const bytes = this.#chunk.bytes.subarray(0, got);
        hash.update(bytes);
        if (asked.direct && !this.#cache.agrees(asked.fd, bytes, length)) cacheDiffers = true;
        length += got;
        yield;
        // What grows while it is read has no end.
        if (got % PAGE !== 0 || length > asked.size) break;
      }
    } finally {
      this.libc.close(asked.fd);
    }
    hash.digest().copy(this.#digest);
    this.answer({ tag: asked.tag, length, sha256: this.#digest, cacheDiffers });
  }

  close(): void {
    this.flush();
    if (this.#context !== undefined) this.libc.ioDestroy(this.#context);
    this.#context = undefined;
    for (const block of [this.#arena, this.#chunk, this.#control, this.#list, this.#events]) block.free();
    this.#cache.close();
  }

  #together(batch: { asked: Asked; at: number; length: number }[]): void {
    const control = new Int32Array(this.#control.bytes.buffer, this.#control.bytes.byteOffset, (IOCB / 4) * DEPTH);
    const arena = Number(this.#arena.address);
    for (const [slot, { asked, at, length }] of batch.entries()) {
      const lane = slot * (IOCB / 4);
      control.fill(0, lane, lane + IOCB / 4);
      control[lane] = slot;
      // aio_lio_opcode 0 is IOCB_CMD_PREAD.
      control[lane + 5] = asked.fd;
      control[lane + 6] = (arena + at) | 0;
      control[lane + 7] = Math.floor((arena + at) / 0x1_0000_0000);
      control[lane + 8] = length;
    }
    const context = this.#context as bigint;
    const taken = Math.max(0, this.libc.ioSubmit(context, batch.length, this.#list.bytes));
    let done = 0;
    while (done < taken) {
      const got = this.libc.ioGetevents(context, taken - done, this.#events.bytes);
      if (got < 0) continue; // EINTR: those that were taken will come
      const events = new Int32Array(this.#events.bytes.buffer, this.#events.bytes.byteOffset, (EVENT / 4) * DEPTH);
      for (let event = 0; event < got; event += 1) {
        const item = batch[events[event * 8] ?? 0] as (typeof batch)[number];
        this.#finish(item, events[event * 8 + 4] ?? 0);
      }
      done += got;
    }
    for (const item of batch.slice(taken)) this.#alone(item);
  }

  #alone(item: { asked: Asked; at: number; length: number }): void {
    const { asked, at, length } = item;
    if (!asked.direct) this.libc.fadvise(asked.fd, 0, 0, POSIX_FADV_DONTNEED);
    const got = Number(this.libc.pread(asked.fd, this.#arena.bytes.subarray(at, at + length), length, 0));
    this.#finish(item, got < 0 ? -this.libc.errno() : got);
  }

  #finish({ asked, at }: { asked: Asked; at: number }, length: number): void {
    const bytes = this.#arena.bytes.subarray(at, at + Math.max(length, 0));
    this.libc.digest(bytes, this.#digest);
    const cacheDiffers = asked.direct && length > 0 && !this.#cache.agrees(asked.fd, bytes, 0);
    this.libc.close(asked.fd);
    this.answer({ tag: asked.tag, length, sha256: this.#digest, cacheDiffers });
  }
}
