import { type CheckResults, type GuardCheck, runChecks } from './checks.ts';

/** Checks that run each at its own pace, and at once when something is heard; between, their last results stand. */
export class PacedChecks {
  readonly #checks: readonly GuardCheck[];
  readonly #timeoutMs: number;
  readonly #last = new Map<GuardCheck, { at: number; results: CheckResults }>();
  /** Changed since its last run began. */
  readonly #stale = new Set<GuardCheck>();
  readonly #running = new Map<GuardCheck, Promise<void>>();
  /** Set once somebody wants to be told of changes. */
  #wake: (() => void) | undefined;

  constructor(checks: readonly GuardCheck[], timeoutMs: number) {
    this.#checks = checks;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Runs what is due. Where changes are told of, a slow check holds up no other: its last results stand until it is done,
   * which is told of. `now`: monotonic milliseconds, so that a clock that is set back puts nothing off.
   */
  async run(now: number): Promise<CheckResults> {
    for (const check of this.#checks) if (this.#isDue(check, now)) this.#start(check, now);
    const all = Promise.all(this.#running.values());
    await (this.#wake === undefined ? all : within(all, BRIEF_MS));
    const results = this.#checks.flatMap((check) => this.#last.get(check)?.results ?? []);
    return {
      deviations: results.flatMap(({ deviations }) => deviations),
      unchecked: results.flatMap(({ unchecked }) => unchecked),
    };
  }

  /** Whether some have no result yet: then nothing is known to be intact. */
  get isBeginning(): boolean {
    return this.#checks.some((check) => !this.#last.has(check));
  }

  /** Tells `wake` whenever a check hears of a change. */
  watch(wake: () => void, signal: AbortSignal): void {
    this.#wake = wake;
    for (const check of this.#checks) {
      const changed = (): void => {
        this.#stale.add(check);
        wake();
      };
      check.watch?.(changed, signal);
    }
  }

  #isDue(check: GuardCheck, now: number): boolean {
    if (this.#running.has(check)) return false;
    const last = this.#last.get(check);
    if (last === undefined || this.#stale.has(check)) return true;
    // What was wrong is looked at again at once: it may have been a moment between two states. So is what could not be told,
    // but not as fast as it fails: some checks run programs.
    const { deviations, unchecked } = last.results;
    const pace = check.everyMs ?? 0;
    return deviations.length > 0 || now - last.at >= (unchecked.length > 0 ? Math.min(pace, UNKNOWN_MS) : pace);
  }

  #start(check: GuardCheck, now: number): void {
    this.#stale.delete(check);
    const began = performance.now();
    const asked = runChecks([check], this.#timeoutMs).then((results) => {
      this.#last.set(check, { at: now, results });
      this.#running.delete(check);
      if (performance.now() - began >= BRIEF_MS) this.#wake?.();
    });
    this.#running.set(check, asked);
  }
}

/** Between two tries of what could not be told, milliseconds. */
const UNKNOWN_MS = 2_000;
/** How long a look waits for the checks that it started, milliseconds. */
const BRIEF_MS = 50;

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
