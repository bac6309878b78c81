/** Lets those who ask much and those who ask little take turns: one request of each, round and round. */
export class Turns<Owner> {
  readonly #waiting = new Map<Owner, (() => void)[]>();
  #running = false;

  /** Resolves when it is this request's turn. Never, once its owner was forgotten. */
  take(owner: Owner): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(owner) ?? [];
      queue.push(resolve);
      this.#waiting.set(owner, queue);
      if (!this.#running) this.#schedule();
    });
  }

  /** Drops what an owner still waits for. */
  forget(owner: Owner): void {
    this.#waiting.delete(owner);
  }

  #schedule(): void {
    this.#running = true;
    // What came in on other connections meanwhile is read first.
    setImmediate(() => this.#next());
  }

  #next(): void {
    const [first] = this.#waiting;
    this.#running = false;
    if (first === undefined) return;
    const [owner, queue] = first;
    const go = queue.shift();
    this.#waiting.delete(owner);
    if (queue.length > 0) this.#waiting.set(owner, queue);
    go?.();
    if (this.#waiting.size > 0) this.#schedule();
  }
}
