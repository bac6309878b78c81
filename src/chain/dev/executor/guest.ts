import { Allocator } from './allocator.ts';
import { RuntimeFailure } from './failure.ts';

/** An address and a length in one 64-bit number, as the host functions pass bytes: the length is in the upper half. */
export type FatPointer = bigint;

/**
 * The memory of one runtime instance, and the ways in which host functions and runtime pass values through it. The
 * instance needs the functions and they need its memory, so the memory comes second, by `attach`.
 */
export class Guest {
  #memory: WebAssembly.Memory | undefined;
  #allocator: Allocator | undefined;
  #bytes = Buffer.alloc(0);

  attach(memory: WebAssembly.Memory, heapBase: number): void {
    this.#memory = memory;
    this.#allocator = new Allocator(memory, heapBase);
  }

  get allocator(): Allocator {
    if (this.#allocator === undefined) throw new RuntimeFailure('The runtime called the host before it was started');
    return this.#allocator;
  }

  /** A copy of the bytes that a fat pointer means. */
  take(pointer: FatPointer): Uint8Array {
    return this.copy(addressOf(pointer), lengthOf(pointer));
  }

  /** The same bytes, where they are: they change with the next thing that the runtime does. */
  peek(pointer: FatPointer): Buffer {
    return this.view(addressOf(pointer), lengthOf(pointer));
  }

  /** The bytes that a fat pointer means as hexadecimal digits, which is what keys are here. */
  key(pointer: FatPointer): string {
    return this.peek(pointer).toString('hex');
  }

  text(pointer: FatPointer): string {
    return this.peek(pointer).toString('utf8');
  }

  copy(address: number, length: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.view(address, length));
  }

  /** Bytes in place. Throws RuntimeFailure if they are not inside of memory. */
  view(address: number, length: number): Buffer {
    // Memory that grew is another buffer.
    const buffer = this.#memory?.buffer;
    if (buffer !== undefined && this.#bytes.buffer !== buffer) this.#bytes = Buffer.from(buffer);
    const start = address >>> 0;
    if (start + length > this.#bytes.length) throw new RuntimeFailure('The runtime passed bytes outside of its memory');
    return this.#bytes.subarray(start, start + length);
  }

  /** Puts bytes into memory that the runtime frees; the address alone, where it knows the length. */
  place(bytes: Uint8Array): number {
    const address = this.allocator.allocate(bytes.length);
    this.view(address, bytes.length).set(bytes);
    return address;
  }

  /** Puts bytes into memory that the runtime frees. */
  give(bytes: Uint8Array): FatPointer {
    return (BigInt(bytes.length) << 32n) | BigInt(this.place(bytes));
  }

  /** The SCALE bytes of an `Option` of bytes: with their length in front if they are a `Vec`. */
  giveOption(bytes: Uint8Array | undefined): FatPointer {
    return this.give(bytes === undefined ? Uint8Array.of(0) : Buffer.concat([Uint8Array.of(1), bytes]));
  }
}

export function addressOf(pointer: FatPointer): number {
  return Number(BigInt.asUintN(32, pointer));
}

export function lengthOf(pointer: FatPointer): number {
  return Number(BigInt.asUintN(32, pointer >> 32n));
}
