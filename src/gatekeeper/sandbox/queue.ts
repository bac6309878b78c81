/** Runs work of one name one after the other, and of different names side by side. */
export class NamedQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Waits for what was asked for before under this name, however that ends. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = (async () => {
      await before?.catch(() => {});
      return work();
    })();
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
