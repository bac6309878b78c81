import { Duplex } from 'node:stream';
import { limits } from './protocol.ts';

/** What a stream needs of the connection that carries it. */
export interface StreamCarrier {
  /** One packet of data; calls back when the transport took it. */
  data(chunk: Buffer, done: () => void): void;
  /** Nothing more will be written. */
  finish(): void;
  abort(): void;
  /** The reader is slow (`true`): hold the connection, so that a guest that floods its console can't fill our memory. */
  hold(slow: boolean): void;
}

/** A libvirt stream (a console, a volume's content) as a Node stream; `receive` and `finished` are called by the connection. */
export class LibvirtStream extends Duplex {
  readonly #carrier: StreamCarrier;
  #finished = false;

  constructor(carrier: StreamCarrier) {
    super({ readableHighWaterMark: 256 * 1024 });
    this.#carrier = carrier;
  }

  receive(chunk: Buffer): void {
    if (!this.push(chunk)) this.#carrier.hold(true);
  }

  /** The other side closed it, in order or with an error. */
  finished(error?: Error): void {
    this.#finished = true;
    if (error) this.destroy(error);
    else this.push(null);
  }

  override _read(): void {
    this.#carrier.hold(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#finished || chunk.length === 0) {
      done();
      return;
    }
    const max = limits.messageLegacyPayloadMax;
    for (let start = 0; start < chunk.length; start += max) {
      const last = start + max >= chunk.length;
      this.#carrier.data(chunk.subarray(start, start + max), last ? () => done() : () => {});
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#finished) this.#carrier.finish();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#carrier.hold(false);
    if (!this.#finished) this.#carrier.abort();
    this.#finished = true;
    done(error);
  }
}
