import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { ExternalError, type LogosError, UserError } from '../../system/errors.ts';
import { remoteLost } from './first-line.ts';
import { type answerSchema, type CallArguments, type CallName, replySchema } from './wire.ts';

/** A disk of many GiB is made there. Milliseconds. */
const CALL_MS = 300_000;

/** The calling side of a connection. */
export class RemoteCalls {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: LogosError): void }>();
  #next = 0;
  #ended?: LogosError;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', (error) => this.#end(remoteLost(error)));
    stream.on('close', () => this.#end(remoteLost()));
    createInterface({ input: stream })
      .on('line', (line) => this.#reply(line))
      .on('close', () => this.#end(remoteLost()))
      .on('error', () => {});
  }

  /** Throws what the other host's program threw, with its code, and ExternalError `dvm-remote-lost`. */
  async call<N extends CallName>(call: N, ...args: CallArguments<N>): Promise<unknown> {
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#stream.write(`${JSON.stringify({ id, call, args })}\n`);
    const timer = setTimeout(() => this.#stream.destroy(new Error(`no answer to ${call}`)), CALL_MS);
    try {
      return await answered;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #reply(line: string): void {
    try {
      const { id, answer } = replySchema.parse(JSON.parse(line));
      if ('error' in answer) this.#waiting.get(id)?.reject(errorOf(answer.error));
      else this.#waiting.get(id)?.resolve(answer.ok);
    } catch (error) {
      this.#stream.destroy(error instanceof Error ? error : undefined);
    }
  }

  #end(error: LogosError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

/** The result of an answer. Throws what the other host's program threw. */
export function resultOf(answer: z.infer<typeof answerSchema>): unknown {
  if ('error' in answer) throw errorOf(answer.error);
  return answer.ok;
}

/** An error of the other host's program, told apart here by its code as there. */
function errorOf({ code, message, nextSteps }: { code: string; message: string; nextSteps: string[] }): LogosError {
  const external = code.startsWith('command-') || code === 'dvm-disk-missing';
  return external ? new ExternalError(code, message, { nextSteps }) : new UserError(code, message, { nextSteps });
}
