import type { Socket } from 'node:net';
import type { Answer, Challenge } from '../../host/index.ts';
import { send } from './wire.ts';

/** What a timer can wait, milliseconds: asked for more, it does not wait at all. */
const LONGEST_MS = 2 ** 31 - 1;
const NO_ANSWER: Answer = { kind: 'failed', why: 'it gave no answer' };

/** A machine's end of a connection: asked one thing at a time. */
export class Link {
  readonly #socket: Socket;
  #next = 0;
  #waiting: { id: number; give(answer: Answer): void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The answer, and how long it took by this clock; without end when none came in `longestMs`, or the machine went away. */
  async ask(challenge: Challenge, longestMs: number): Promise<{ answer: Answer; elapsedMs: number }> {
    const id = this.#next;
    this.#next += 1;
    const began = performance.now();
    const answer = await new Promise<Answer>((give) => {
      const timer = setTimeout(() => give(NO_ANSWER), Math.min(longestMs, LONGEST_MS));
      this.#waiting = {
        id,
        give: (given) => {
          clearTimeout(timer);
          give(given);
        },
      };
      send(this.#socket, { type: 'ask', id, challenge });
    });
    this.#waiting = undefined;
    return { answer, elapsedMs: answer === NO_ANSWER ? Number.POSITIVE_INFINITY : performance.now() - began };
  }

  tell(text: string): void {
    send(this.#socket, { type: 'told', text });
  }

  answered(id: number, answer: Answer): void {
    if (this.#waiting?.id === id) this.#waiting.give(answer);
  }

  /** The machine went away. */
  end(): void {
    this.#waiting?.give(NO_ANSWER);
  }

  close(): void {
    this.#socket.destroy();
  }
}
