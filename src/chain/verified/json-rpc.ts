import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';

/** A section of 1,000 keys with its proof is a megabyte; nothing that is asked for is larger than a state's largest value. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const notice = z.object({ method: z.string(), params: z.object({ subscription: z.unknown(), result: z.unknown() }) });

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One connection of JSON-RPC 2.0 over WebSocket. What is under way when it ends fails; it does not come back. */
export class JsonRpc {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(method: string, subscription: unknown, result: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#take(String(data)));
    socket.on('close', () => this.#end('the connection was closed'));
    socket.on('error', (error) => this.#end(error.message));
  }

  /** Throws what keeps the socket from being opened within the time-out. */
  static async connect(url: string, timeoutMs: number): Promise<JsonRpc> {
    const options = { handshakeTimeout: timeoutMs, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false };
    const socket = new WebSocket(url, options);
    await once(socket, 'open');
    return new JsonRpc(socket);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }), (error) => {
        if (error) this.#settle(id)?.reject(error);
      });
    });
  }

  /** Calls back for each notice of a subscription, by the name that its notices have. */
  async subscribe(begin: string, notices: string, listener: (result: unknown) => void): Promise<void> {
    let subscription: unknown;
    // The first notices may come together with the answer that says what they belong to.
    const early: [unknown, unknown][] = [];
    this.#listeners.add((method, of, result) => {
      if (method !== notices) return;
      if (subscription === undefined) early.push([of, result]);
      else if (of === subscription) listener(result);
    });
    subscription = await this.send(begin, []);
    for (const [of, result] of early) if (of === subscription) listener(result);
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return; // whoever waits for it hears that no answer came
    }
    const told = notice.safeParse(message);
    if (told.success) {
      const { method, params } = told.data;
      for (const listener of this.#listeners) listener(method, params.subscription, params.result);
      return;
    }
    const answered = answer.safeParse(message);
    if (!answered.success) return;
    const { id, result, error } = answered.data;
    const waiting = this.#settle(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
