/** One turn of a lane: what is sent together. */
export interface Load<T> {
  /** The first that wait, `most` at most. */
  take(most: number): T[];
  /** Those that there is no room for wait again, before all others. */
  giveBack(items: readonly T[]): void;
  /** To be called when what is sent is in a block: the next load may go then. The end of sending says the same. */
  included(): void;
}

/** Lets items wait while so many loads are on their way, and sends what waits together when one has arrived. */
export class Lane<T> {
  readonly #limit: number;
  readonly #send: (load: Load<T>) => Promise<void>;
  #waiting: T[] = [];
  #underWay = 0;
  #called = false;

  /** `send` must not reject. */
  constructor(limit: number, send: (load: Load<T>) => Promise<void>) {
    this.#limit = limit;
    this.#send = send;
  }

  add(item: T): void {
    this.#waiting.push(item);
    this.#call();
  }

  /** After this turn of the event loop, so that those that come together go together. */
  #call(): void {
    if (this.#called) return;
    this.#called = true;
    setImmediate(() => {
      this.#called = false;
      while (this.#waiting.length > 0 && this.#underWay < this.#limit) this.#begin();
    });
  }

  #begin(): void {
    this.#underWay += 1;
    let arrived = false;
    const included = (): void => {
      if (arrived) return;
      arrived = true;
      this.#underWay -= 1;
      this.#call();
    };
    const giveBack = (items: readonly T[]): void => {
      this.#waiting = [...items, ...this.#waiting];
      this.#call();
    };
    const take = (most: number): T[] => this.#waiting.splice(0, most);
    void this.#send({ take, giveBack, included }).finally(included);
  }
}
