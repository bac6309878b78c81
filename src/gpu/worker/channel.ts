import { readSync, writeSync } from 'node:fs';
import { type FrameKind, frameHead, MAX_DATA_BYTES, parseHead } from '../frames.ts';

/**
 * The worker's end of the conversation with its service. It waits in system calls, as it does for the device: it has one job at a
 * time and nothing else to do.
 */
export class WorkerChannel {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Fills `into`; false at the end of the conversation. */
  read(into: Uint8Array): boolean {
    for (let at = 0; at < into.length; ) {
      const count = readSync(this.#fd, into, at, Math.min(into.length - at, 1 << 30), null);
      if (count === 0) return false;
      at += count;
    }
    return true;
  }

  /** The JSON of the next frame, which has to be of this kind; `undefined` at the end. */
  receive(kind: FrameKind): unknown {
    const head = Buffer.alloc(8);
    if (!this.read(head)) return undefined;
    const { kind: found, length } = parseHead(head);
    if (found !== kind) throw new Error(`the service sent ${found} in the place of ${kind}`);
    const payload = Buffer.alloc(length);
    return this.read(payload) ? JSON.parse(payload.toString('utf8')) : undefined;
  }

  send(kind: FrameKind, value: unknown): void {
    const payload = Buffer.from(JSON.stringify(value));
    this.#write(frameHead(kind, payload.length));
    this.#write(payload);
  }

  sendData(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES) {
      const part = bytes.subarray(at, at + MAX_DATA_BYTES);
      this.#write(frameHead('data', part.length));
      this.#write(part);
    }
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}
