/** So much is done without a look at events. */
const SLICE_MS = 4;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Runs passes over the tree for ever, at a given share of one core: after each slice it sleeps for as long as the share asks,
 * and between passes at least `restMs`.
 */
export class Pace {
  #hurried = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #steps: Iterator<void> | undefined;
  #debt = 0;
  /** Passes that were finished. */
  passes = 0;

  constructor(
    readonly pass: () => Iterator<void>,
    readonly share: number,
    readonly restMs: number,
    readonly whole: boolean,
  ) {}

  start(): void {
    this.#after(this.restMs);
  }

  /** A whole pass is made now, without pauses; after the one under way, if there is one, which may have been too early. */
  hurry(): void {
    if (this.#steps !== undefined) this.#again = true;
    // Already about to: putting it off anew each time would put it off for ever.
    if (this.#hurried) return;
    this.#hurried = true;
    this.#after(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#steps?.return?.();
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#slice(), ms);
  }

  #slice(): void {
    const began = performance.now();
    const before = process.threadCpuUsage();
    this.#steps ??= this.pass();
    let done = false;
    while (!done && performance.now() - began < SLICE_MS) done = this.#steps.next().done === true;
    // CPU time, not wall time: waiting for the disk or for other programs is no cost.
    const { user, system } = process.threadCpuUsage(before);
    const used = (user + system) / 1_000;
    this.#debt += used / this.share - used;
    if (done) {
      this.passes += 1;
      this.#steps = undefined;
      this.#hurried = this.#again;
      this.#again = false;
      this.#after(this.#hurried ? 0 : Math.max(this.restMs, this.#debt));
      this.#debt = 0;
    } else if (this.#hurried || this.whole) {
      // A pass over the attributes is about one moment; its pause comes afterwards.
      this.#after(0);
    } else {
      const pause = Math.min(this.#debt, LONGEST_PAUSE_MS);
      this.#debt -= pause;
      this.#after(pause);
    }
  }
}
