import { ExternalError } from '../../system/errors.ts';

/** Lets at most `places` do something at once; others wait in the order in which they came. */
export class Turns {
  readonly #longest: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number, longest: number) {
    this.#free = places;
    this.#longest = longest;
  }

  /** Waits for a place and gives what leaves it. Throws ExternalError `gpu-busy` where too many wait, and the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#longest)
      throw new ExternalError('gpu-busy', `${this.#longest} jobs wait already.`, {
        nextSteps: ['Send the job again later.'],
      });
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal.reason);
      };
      this.#waiting.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
