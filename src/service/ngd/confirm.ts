import type { Deviation, GuardCheck, Verdict } from '../../guard/index.ts';

/** A second look counts when it begins so long after the first ended, milliseconds: shorter, it may be the same moment. */
const APART_MS = 1_000;

/**
 * Tells what lasts from what was a moment between two states. The chain takes a host's collateral for what it is told, so it
 * is told only what two whole looks found one after the other. Times are monotonic milliseconds.
 */
export class Confirmation {
  readonly #counts: (deviation: Deviation) => boolean;
  readonly #now: () => number;
  /** By check and then target: when the first of the looks ended that all found it. */
  readonly #since = new Map<string, Map<string, number>>();
  #confirmed = false;

  /** `counts`: whether a deviation is one that the chain may be told. */
  constructor(counts: (deviation: Deviation) => boolean, now = () => performance.now()) {
    this.#counts = counts;
    this.#now = now;
  }

  /** Whether something was found twice; that stays so. */
  get isConfirmed(): boolean {
    return this.#confirmed;
  }

  /** The same check, whose looks are counted: results that merely stand from an earlier run are no second look. */
  counted(check: GuardCheck): GuardCheck {
    return {
      ...check,
      run: async (signal) => {
        const began = this.#now();
        const found = await check.run(signal);
        this.#look(check.name, began, found);
        return found;
      },
    };
  }

  /** What the guard finds by itself, the files, it looks at anew for each verdict that deviates. */
  heed({ deviations, ms }: Verdict): void {
    const byChecks = new Set(
      [...this.#since].flatMap(([name, targets]) => (name === FILES ? [] : [...targets.keys()])),
    );
    const files = deviations.filter(({ target }) => !byChecks.has(target));
    this.#look(FILES, this.#now() - ms, files);
  }

  #look(name: string, began: number, found: readonly Deviation[]): void {
    const before = this.#since.get(name);
    const targets = new Set(found.filter(this.#counts).map(({ target }) => target));
    const now = this.#now();
    this.#since.set(name, new Map([...targets].map((target) => [target, before?.get(target) ?? now])));
    for (const target of targets) {
      const first = before?.get(target);
      if (first !== undefined && began - first >= APART_MS) this.#confirmed = true;
    }
  }
}

const FILES = 'files';
