import { RuntimeFailure } from './failure.ts';

const PAGE = 65_536;
/** 1 GiB. Substrate lets a runtime have 4; none that works needs a hundredth of it. */
const MAX_PAGES = 16_384;
const HEADER = 8;
const SMALLEST = 8;
const LARGEST = 32 * 1024 * 1024;
const NONE = 0xffff_ffff;
const OCCUPIED = 1;

/**
 * Substrate's freeing bump allocator (sc-allocator): blocks are powers of two from 8 bytes to 32 MiB, each behind a
 * header of 8 bytes; freed ones wait in a list of their size. The runtime asks the host for all its memory this way.
 */
export class Allocator {
  readonly #memory: WebAssembly.Memory;
  readonly #free: number[] = new Array(23).fill(NONE);
  #next: number;
  #view: DataView;

  constructor(memory: WebAssembly.Memory, heapBase: number) {
    this.#memory = memory;
    this.#next = Math.ceil(heapBase / 8) * 8;
    this.#view = new DataView(memory.buffer);
  }

  /** Gives the address of so many bytes. Throws RuntimeFailure when there are none left. */
  allocate(size: number): number {
    if (size > LARGEST) throw new RuntimeFailure(`The runtime asked for ${size} bytes at once`);
    const order = orderOf(size);
    const waiting = this.#free[order] ?? NONE;
    const header = waiting === NONE ? this.#bump((SMALLEST << order) + HEADER) : this.#unlink(order, waiting);
    this.#write(header, order, OCCUPIED);
    return header + HEADER;
  }

  /** Takes a block back. Throws RuntimeFailure for an address that was never given. */
  free(address: number): void {
    const header = address - HEADER;
    const [order, occupied] = this.#read(header);
    const waiting = this.#free[order];
    if (occupied !== OCCUPIED || waiting === undefined) throw new RuntimeFailure('The runtime freed what it had not');
    this.#write(header, waiting, 0);
    this.#free[order] = header;
  }

  #unlink(order: number, header: number): number {
    const [next, occupied] = this.#read(header);
    if (occupied === OCCUPIED) throw new RuntimeFailure("The runtime wrote over the allocator's list");
    this.#free[order] = next;
    return header;
  }

  #bump(size: number): number {
    const address = this.#next;
    const needed = Math.ceil((address + size) / PAGE);
    const have = this.#memory.buffer.byteLength / PAGE;
    if (needed > MAX_PAGES) throw new RuntimeFailure('The runtime is out of memory');
    if (needed > have) this.#memory.grow(Math.max(Math.min(have * 2, MAX_PAGES), needed) - have);
    this.#next = address + size;
    return address;
  }

  #read(header: number): [low: number, high: number] {
    const view = this.#current();
    if (header < 0 || header + HEADER > view.byteLength) throw new RuntimeFailure('An address is outside of memory');
    return [view.getUint32(header, true), view.getUint32(header + 4, true)];
  }

  #write(header: number, low: number, high: number): void {
    const view = this.#current();
    view.setUint32(header, low, true);
    view.setUint32(header + 4, high, true);
  }

  /** Memory that grew is another buffer. */
  #current(): DataView {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }
}

/** Which power of two, counted from 8, has room for so many bytes. */
function orderOf(size: number): number {
  return size <= SMALLEST ? 0 : 32 - Math.clz32(size - 1) - 3;
}
