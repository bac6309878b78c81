import { limits } from './protocol.ts';
import { XdrError } from './xdr.ts';

const SMALLEST = limits.messageLenMax + limits.messageHeaderMax;
const LARGEST = limits.messageMax + limits.messageLenMax;

/**
 * Cuts a byte stream into libvirt's messages, however the transport split it. Each message starts with its length in four
 * bytes, which count themselves; a length outside libvirt's own limits ends the connection before anything is allocated.
 */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #buffered = 0;

  /** Takes what arrived and gives the messages that are now complete, without their length. Throws XdrError. */
  push(chunk: Buffer): Buffer[] {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#buffered < length) return frames;
      frames.push(this.#take(length).subarray(limits.messageLenMax));
    }
  }

  #nextLength(): number | undefined {
    if (this.#buffered < limits.messageLenMax) return undefined;
    const length = this.#gather(limits.messageLenMax).readUInt32BE();
    if (length < SMALLEST || length > LARGEST) throw new XdrError(`A message of ${length} bytes can't be libvirt's.`);
    return length;
  }

  /** Makes the first chunk hold at least `length` bytes, and gives it. A message in many pieces is joined once. */
  #gather(length: number): Buffer {
    const first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length >= length) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(length: number): Buffer {
    const first = this.#gather(length);
    if (first.length > length) this.#chunks[0] = first.subarray(length);
    else this.#chunks.shift();
    this.#buffered -= length;
    return first.subarray(0, length);
  }
}

/** One message, ready for the wire. */
export function frame(parts: readonly Uint8Array[]): Buffer {
  const length = Buffer.alloc(limits.messageLenMax);
  const size = parts.reduce<number>((sum, part) => sum + part.length, limits.messageLenMax);
  if (size > LARGEST) throw new XdrError(`A message of ${size} bytes is more than libvirt takes.`);
  length.writeUInt32BE(size);
  return Buffer.concat([length, ...parts]);
}
