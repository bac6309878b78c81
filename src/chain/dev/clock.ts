import { SLOT_MS } from './block.ts';

/** Tells the time of the next block: that of the wall, until somebody travels. */
export class Clock {
  readonly #now: () => number;
  #ahead: number;

  /** `ahead` is how many milliseconds the chain's time is ahead of the wall's. */
  constructor(now: () => number, ahead: number) {
    this.#now = now;
    this.#ahead = ahead;
  }

  get ahead(): number {
    return this.#ahead;
  }

  /** Moves on to a time, in milliseconds since 1970, from which it goes on. */
  travel(to: number): void {
    this.#ahead = to - this.#now();
  }

  /** The slot of a block after one at `last` milliseconds: never the same, so blocks that come faster run ahead of it. */
  slotAfter(last: number): bigint {
    const lastSlot = Math.floor(last / SLOT_MS);
    const current = Math.floor((this.#now() + this.#ahead) / SLOT_MS);
    return BigInt(Math.max(current, lastSlot + 1));
  }
}
