import type { Readable, Writable } from 'node:stream';
import { ExternalError } from '../system/errors.ts';

/**
 * How jobs travel: frames of an 8-byte head and a payload. Head: `LG`, version, kind, length of the payload (32 bits, big-endian).
 * All kinds but `data` carry one JSON object.
 */
export const FRAME_KINDS = ['hello', 'job', 'ready', 'run', 'result', 'error', 'cancel', 'binary', 'data'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

const VERSION = 1;
const HEAD_BYTES = 8;
export const MAX_JSON_BYTES = 256 * 1024;
export const MAX_DATA_BYTES = 1024 * 1024;

/** A frame; of a `data` frame as much as has come, so that nothing is put together that goes on in parts anyway. */
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

/** The head of a frame. */
export function frameHead(kind: FrameKind, length: number): Buffer {
  const head = Buffer.from([0x4c, 0x47, VERSION, FRAME_KINDS.indexOf(kind), 0, 0, 0, 0]);
  head.writeUInt32BE(length, 4);
  return head;
}

/** What a head says. Throws ExternalError `gpu-protocol` for one that is none of ours or too long. */
export function parseHead(head: Buffer): { kind: FrameKind; length: number } {
  if (head[0] !== 0x4c || head[1] !== 0x47) throw protocolError('these are no frames of a GPU service');
  if (head[2] !== VERSION) throw protocolError(`the other side speaks version ${head[2]}, this one version ${VERSION}`);
  const kind = FRAME_KINDS[head[3] ?? 255];
  if (kind === undefined) throw protocolError(`there is no kind of frame ${head[3]}`);
  const length = head.readUInt32BE(4);
  if (length > (kind === 'data' ? MAX_DATA_BYTES : MAX_JSON_BYTES)) throw protocolError(`a frame of ${length} bytes`);
  return { kind, length };
}

/** Frames out of what comes in parts of any size. */
export async function* framesOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void> {
  const decoder = new FrameDecoder();
  for await (const part of parts) yield* decoder.take(Buffer.from(part.buffer, part.byteOffset, part.length));
  if (!decoder.isBetweenFrames) throw protocolError('the connection ended in the middle of a frame');
}

/** Keeps parts in a list until they are a whole: putting each to the one before would cost the square of their number. */
class FrameDecoder {
  #parts: Buffer[] = [];
  #held = 0;
  #open: { kind: FrameKind; left: number } | undefined;

  get isBetweenFrames(): boolean {
    return this.#open === undefined && this.#held === 0;
  }

  *take(part: Buffer): Generator<Frame> {
    let rest = part;
    while (rest.length > 0) {
      if (this.#open?.kind === 'data') {
        const payload = rest.subarray(0, this.#open.left);
        rest = rest.subarray(payload.length);
        this.#open.left -= payload.length;
        if (this.#open.left === 0) this.#open = undefined;
        yield { kind: 'data', payload };
        continue;
      }
      const wanted = (this.#open?.left ?? HEAD_BYTES) - this.#held;
      const taken = rest.subarray(0, wanted);
      this.#parts.push(taken);
      this.#held += taken.length;
      rest = rest.subarray(taken.length);
      if (taken.length === wanted) yield* this.#whole();
    }
  }

  /** A head or the JSON of a frame is complete. */
  *#whole(): Generator<Frame> {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#held = 0;
    if (this.#open !== undefined) {
      const { kind } = this.#open;
      this.#open = undefined;
      yield { kind, payload: bytes };
      return;
    }
    const { kind, length } = parseHead(bytes);
    if (length > 0) this.#open = { kind, left: length };
    else if (kind !== 'data') yield { kind, payload: bytes.subarray(0, 0) };
  }
}

/** The frames of a stream, one after the other; what was looked at stays the next. */
export class FrameStream {
  readonly #frames: AsyncGenerator<Frame, void>;
  #next: Promise<Frame | undefined> | undefined;

  constructor(stream: Readable) {
    this.#frames = framesOf(stream);
  }

  /** The next frame without taking it; `undefined` at the end. Rejects with what broke the stream. */
  peek(): Promise<Frame | undefined> {
    this.#next ??= this.#frames.next().then(({ value }) => value || undefined);
    // Who peeks beside other work may never wait for it.
    this.#next.catch(() => {});
    return this.#next;
  }

  async next(): Promise<Frame | undefined> {
    const next = this.peek();
    this.#next = undefined;
    return next;
  }
}

/** Writes, and waits while the other side is slow. Rejects when the stream is closed. */
export async function writeAll(stream: Writable, ...parts: readonly Uint8Array[]): Promise<void> {
  stream.cork();
  let isFree = true;
  for (const part of parts) isFree = stream.write(part);
  stream.uncork();
  if (stream.destroyed) throw protocolError('the connection was closed');
  if (isFree) return;
  await new Promise<void>((resolve, reject) => {
    const done = () => {
      stream.off('drain', done).off('close', closed);
      resolve();
    };
    const closed = () => {
      stream.off('drain', done);
      reject(protocolError('the connection was closed'));
    };
    stream.once('drain', done).once('close', closed);
  });
}

export function sendJson(stream: Writable, kind: FrameKind, value: unknown): Promise<void> {
  const payload = Buffer.from(JSON.stringify(value));
  return writeAll(stream, frameHead(kind, payload.length), payload);
}

/** Sends bytes as frames of data, until `isEnough` says so. */
export async function sendData(stream: Writable, bytes: Uint8Array, isEnough = () => false): Promise<void> {
  for (let at = 0; at < bytes.length && !isEnough(); at += MAX_DATA_BYTES) {
    const part = bytes.subarray(at, at + MAX_DATA_BYTES);
    await writeAll(stream, frameHead('data', part.length), part);
  }
}

/** The JSON of a frame. Throws `gpu-protocol` where it is none. */
export function jsonOf({ payload }: Frame): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    throw protocolError('a frame that should hold JSON holds none');
  }
}

export function protocolError(because: string): ExternalError {
  return new ExternalError('gpu-protocol', `The conversation about GPU jobs broke: ${because}.`, {
    nextSteps: ['Give the address of a GPU service, with the same version of logos at both ends.'],
  });
}
