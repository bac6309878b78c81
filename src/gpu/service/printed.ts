import type { Readable } from 'node:stream';

const KEPT_BYTES = 64 * 1024;
/** A kernel that prints more than this keeps its service from its work. */
const FLOOD_BYTES = 64 * 1024 * 1024;

/** What a worker's kernels print: the first of it is kept, the rest counted; a flood ends the worker. */
export class Printed {
  #parts: Uint8Array[] = [];
  #kept = 0;
  #dropped = 0;

  constructor(streams: readonly Readable[], onFlood: () => void) {
    for (const stream of streams)
      stream
        .on('error', () => {})
        .on('data', (chunk: Uint8Array) => {
          const part = chunk.subarray(0, KEPT_BYTES - this.#kept);
          if (part.length > 0) this.#parts.push(part);
          this.#kept += part.length;
          this.#dropped += chunk.length - part.length;
          if (this.isFlood) onFlood();
        });
  }

  get isFlood(): boolean {
    return this.#dropped > FLOOD_BYTES;
  }

  begin(): void {
    this.#parts = [];
    this.#kept = 0;
    this.#dropped = 0;
  }

  /** What came since `begin`; what was printed before the worker's last word is in it. */
  async take(): Promise<{ printed: string; printedDropped: number }> {
    // It is in the pipe already, and is read in the coming turns.
    for (let before = -1; before !== this.#kept + this.#dropped; ) {
      before = this.#kept + this.#dropped;
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    return { printed: this.#text(), printedDropped: this.#dropped };
  }

  lastLine(): string {
    return this.#text().trimEnd().split('\n').at(-1) ?? '';
  }

  #text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}
