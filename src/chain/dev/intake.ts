/** What can be told to read no more for now, such as a WebSocket. */
export interface Source {
  pause(): void;
  resume(): void;
}

export interface IntakeLimits {
  /** Bytes that wait for an answer, of one source. */
  each: number;
  /** The same of all together. */
  total: number;
}

/** A request takes memory besides its bytes. */
const REQUEST_BYTES = 4_096;

/** Keeps what was read and not answered yet within limits: who sends more is not read until then, and loses nothing. */
export class Intake {
  readonly #limits: IntakeLimits;
  readonly #waiting = new Map<Source, number>();
  readonly #paused = new Set<Source>();
  #total = 0;

  constructor(limits: IntakeLimits) {
    this.#limits = limits;
  }

  /** Counts a message that was read. Gives what to call once when it was answered. */
  add(source: Source, bytes: number): () => void {
    const cost = bytes + REQUEST_BYTES;
    this.#count(source, cost);
    if (this.#isFull(source) && !this.#paused.has(source)) {
      this.#paused.add(source);
      source.pause();
    }
    return () => {
      if (!this.#waiting.has(source)) return;
      this.#count(source, -cost);
      this.#wake();
    };
  }

  /** For a source that has ended: what it waited for counts no more. */
  forget(source: Source): void {
    this.#count(source, -(this.#waiting.get(source) ?? 0));
    this.#waiting.delete(source);
    this.#paused.delete(source);
    this.#wake();
  }

  #count(source: Source, cost: number): void {
    this.#waiting.set(source, (this.#waiting.get(source) ?? 0) + cost);
    this.#total += cost;
  }

  #isFull(source: Source): boolean {
    return (this.#waiting.get(source) ?? 0) > this.#limits.each || this.#total > this.#limits.total;
  }

  #wake(): void {
    for (const source of this.#paused) {
      if (this.#isFull(source)) continue;
      this.#paused.delete(source);
      source.resume();
    }
  }
}
