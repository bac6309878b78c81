import type { Duplex } from 'node:stream';
import { ExternalError, type LogosError } from '../../system/errors.ts';
import { connectionLost, libvirtError, protocolError } from './errors.ts';
import { FrameSplitter, frame } from './frames.ts';
import { messageError, messageHeader, messageStatus, messageType, programs } from './protocol.ts';
import { LibvirtStream } from './stream.ts';
import { encode, type Procedure, type ValueOf, XdrReader } from './xdr.ts';

type Header = ValueOf<typeof messageHeader>;

export interface ConnectionOptions {
  /** Milliseconds a call may take. Default 120,000. */
  callTimeoutMs?: number;
  /** Ping an idle peer this often and give up after five unanswered ones; for transports that don't notice a lost peer. Default: never. */
  keepAliveMs?: number;
}

interface Call {
  resolve(body: XdrReader): void;
  reject(error: Error): void;
}

const PINGS_UNANSWERED = 5;

/**
 * libvirt's remote procedure calls over any stream of bytes: a unix socket, TLS, a channel of SSH. Calls may overlap, replies
 * are told apart by serial number; events and stream packets come in between. After the first byte that is not the protocol, or
 * the end of the stream, everything that waits is rejected.
 */
export class RpcConnection {
  readonly #transport: Duplex;
  readonly #callTimeoutMs: number;
  readonly #splitter = new FrameSplitter();
  readonly #calls = new Map<number, Call>();
  readonly #streams = new Map<number, LibvirtStream>();
  readonly #eventListeners = new Set<(procedure: number, body: XdrReader) => void>();
  readonly #closeListeners = new Set<(reason: LogosError) => void>();
  readonly #slow = new Set<LibvirtStream>();
  #keepAlive?: NodeJS.Timeout;
  #unanswered = 0;
  #serial = 0;
  #ended?: LogosError;

  constructor(transport: Duplex, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#callTimeoutMs = options.callTimeoutMs ?? 120_000;
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    transport.on('error', (error) => this.#end(connectionLost(error)));
    transport.on('end', () => this.#end(connectionLost()));
    transport.on('close', () => this.#end(connectionLost()));
    if (options.keepAliveMs) {
      this.#keepAlive = setInterval(() => this.#ping(), options.keepAliveMs);
      this.#keepAlive.unref();
    }
  }

  /** Calls a procedure. Throws LibvirtError `libvirt-error`, ExternalError `libvirt-connection-lost` | `libvirt-timeout` | `libvirt-protocol`. */
  async call<A, R>(procedure: Procedure<A, R>, args: A, timeoutMs = this.#callTimeoutMs): Promise<R> {
    const body = await this.#request(this.#nextSerial(), procedure.number, encode(procedure.args, args), timeoutMs);
    try {
      return procedure.result.read(body);
    } catch (cause) {
      throw this.#end(protocolError(cause));
    }
  }

  /** Calls a procedure that opens a stream. The stream must be read or destroyed: unread data holds the whole connection. */
  async openStream<A>(procedure: Procedure<A, void>, args: A): Promise<Duplex> {
    const serial = this.#nextSerial();
    const send = (status: number, data?: Buffer, done?: () => void): void =>
      this.#send(
        { ...this.#header(procedure.number, serial), type: messageType.stream, status },
        data ? [data] : [],
        done,
      );
    const stream: LibvirtStream = new LibvirtStream({
      data: (chunk, done) => send(messageStatus.continue, chunk, done),
      finish: () => send(messageStatus.ok),
      abort: () => {
        this.#streams.delete(serial);
        send(messageStatus.error);
      },
      hold: (slow) => this.#hold(stream, slow),
    });
    // Before the request: the first data may arrive in the same read as the reply.
    this.#streams.set(serial, stream);
    try {
      await this.#request(serial, procedure.number, encode(procedure.args, args));
      return stream;
    } catch (error) {
      this.#streams.delete(serial);
      stream.on('error', () => {}); // reported by the rejection already
      stream.finished(error as Error);
      throw error;
    }
  }

  onEvent(listener: (procedure: number, body: XdrReader) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Called once, when the connection has ended for whatever reason; at once when it has already. */
  onClose(listener: (reason: LogosError) => void): () => void {
    if (this.#ended) listener(this.#ended);
    else this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  close(): void {
    this.#end(connectionLost());
  }

  #nextSerial(): number {
    this.#serial = (this.#serial + 1) >>> 0 || 1;
    return this.#serial;
  }

  #header(proc: number, serial: number): Header {
    const { remoteProgram: prog, remoteProtocolVersion: vers } = programs;
    return { prog, vers, proc, type: messageType.call, serial, status: messageStatus.ok };
  }

  #request(serial: number, proc: number, body: Buffer, timeoutMs = this.#callTimeoutMs): Promise<XdrReader> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(serial);
        reject(
          new ExternalError('libvirt-timeout', `libvirt did not answer within ${timeoutMs / 1000} s.`, {
            nextSteps: ['Look at the log of libvirtd; `logos doctor` checks what makes it slow.'],
          }),
        );
      }, timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        this.#calls.delete(serial);
      };
      this.#calls.set(serial, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.#send(this.#header(proc, serial), [body]);
    });
  }

  #send(header: Header, parts: readonly Uint8Array[], done?: () => void): void {
    if (this.#ended) {
      done?.();
      return;
    }
    this.#transport.write(frame([encode(messageHeader, header), ...parts]), () => done?.());
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const message of this.#splitter.push(chunk)) {
        const body = new XdrReader(message);
        this.#dispatch(messageHeader.read(body), body);
      }
    } catch (cause) {
      this.#end(protocolError(cause));
    }
  }

  #dispatch(header: Header, body: XdrReader): void {
    this.#unanswered = 0;
    if (header.prog === programs.keepaliveProgram) this.#answerPing(header);
    // Other programs (qemu, lxc, admin) have nothing that we asked for.
    if (header.prog !== programs.remoteProgram) return;
    if (header.type === messageType.message) {
      for (const listener of this.#eventListeners) listener(header.proc, body);
    } else if (header.type === messageType.stream) {
      this.#streamPacket(header, body);
    } else if (header.type === messageType.reply) {
      // A serial that nobody waits for is the late answer to a call that timed out.
      const call = this.#calls.get(header.serial);
      if (header.status === messageStatus.error) call?.reject(libvirtError(messageError.read(body)));
      else call?.resolve(body);
    }
  }

  #streamPacket(header: Header, body: XdrReader): void {
    const stream = this.#streams.get(header.serial);
    if (!stream) return;
    if (header.status === messageStatus.continue) {
      if (body.remaining > 0) stream.receive(body.rest());
      return;
    }
    this.#streams.delete(header.serial);
    stream.finished(header.status === messageStatus.error ? libvirtError(messageError.read(body)) : undefined);
  }

  #hold(stream: LibvirtStream, slow: boolean): void {
    if (slow) this.#slow.add(stream);
    else if (!this.#slow.delete(stream)) return;
    if (this.#slow.size > 0) this.#transport.pause();
    else this.#transport.resume();
  }

  #keepAliveHeader(proc: number): Header {
    const { keepaliveProgram: prog, keepaliveProtocolVersion: vers } = programs;
    return { prog, vers, proc, type: messageType.message, serial: 0, status: messageStatus.ok };
  }

  #answerPing(header: Header): void {
    if (header.proc === programs.keepaliveProcPing) this.#send(this.#keepAliveHeader(programs.keepaliveProcPong), []);
  }

  #ping(): void {
    // A held connection reads nothing, which says nothing about the peer.
    if (this.#slow.size > 0) return;
    this.#unanswered += 1;
    if (this.#unanswered > PINGS_UNANSWERED) this.#end(connectionLost(new Error('it stopped answering')));
    else this.#send(this.#keepAliveHeader(programs.keepaliveProcPing), []);
  }

  #end(reason: LogosError): LogosError {
    if (this.#ended) return this.#ended;
    this.#ended = reason;
    clearInterval(this.#keepAlive);
    this.#transport.destroy();
    for (const call of [...this.#calls.values()]) call.reject(reason);
    for (const stream of this.#streams.values()) {
      // Nobody may be listening any more; whoever reads or writes it gets the error.
      if (stream.listenerCount('error') === 0) stream.on('error', () => {});
      stream.finished(reason);
    }
    this.#streams.clear();
    for (const listener of this.#closeListeners) listener(reason);
    return reason;
  }
}
