import { join } from 'node:path';
import { bootId } from '../../system/boot.ts';
import { toLogosError } from '../../system/errors.ts';
import { readIfPresent, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { type Detail, PHASES, type PhaseName, type Progress } from '../../system/progress.ts';

/** What a step leaves behind, so that a later run can go on from it. */
interface Saved {
  at: string;
  bootId: string;
  value: unknown;
}

export interface Step<T> {
  run(): Promise<T>;
  /** What the step's `ok` line carries; `summary` in it is what people read. */
  detail(value: T): Detail;
  /** Whether a saved result may stand in for running it again. Without it the step always runs. */
  reuse?(saved: { value: T; ageMs: number; sameBoot: boolean }): boolean | Promise<boolean>;
}

export interface StepsOptions {
  home: Home;
  progress: Progress;
  signal: AbortSignal;
  /** Stop after this step; the ones before it are taken from their saved results where there are any. */
  only?: PhaseName;
  /** Run every step anew. */
  fresh?: boolean;
}

/** Thrown to leave the sequence after `--phase NAME`. */
export class StoppedAfter extends Error {}

/** Runs steps by name: reports each, saves what it gave, and takes up saved results after a crash. */
export class Steps {
  readonly #options: StepsOptions;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  async step<T>(phase: PhaseName, step: Step<T>): Promise<T> {
    const { progress, signal, only } = this.#options;
    const started = performance.now();
    const ms = (): number => Math.round(performance.now() - started);
    signal.throwIfAborted();
    progress({ event: 'phase', phase, state: 'started', ms: 0, detail: {} });
    try {
      const saved = await this.#reusable(phase, step);
      const value = saved ? saved.value : await step.run();
      // Nothing else is ever read again, and a dry run must leave nothing behind.
      if (!saved && step.reuse) await this.#save(phase, value);
      signal.throwIfAborted();
      const detail = step.detail(value);
      progress({ event: 'phase', phase, state: 'ok', ms: ms(), detail: saved ? { ...detail, resumed: true } : detail });
      if (only === phase) throw new StoppedAfter(phase);
      return value;
    } catch (thrown) {
      if (thrown instanceof StoppedAfter) throw thrown;
      const error = toLogosError(signal.aborted ? signal.reason : thrown);
      progress({
        event: 'phase',
        phase,
        state: 'failed',
        ms: ms(),
        detail: { code: error.code, summary: error.message },
      });
      throw error;
    }
  }

  /** A step that does not apply to this host. */
  skip(phase: PhaseName, why: string): void {
    this.#options.progress({ event: 'phase', phase, state: 'skipped', ms: 0, detail: { summary: why } });
    if (this.#options.only === phase) throw new StoppedAfter(phase);
  }

  async #reusable<T>(phase: PhaseName, step: Step<T>): Promise<{ value: T } | undefined> {
    const { only, fresh } = this.#options;
    if (fresh || only === phase || !step.reuse) return undefined;
    const saved = await this.#load(phase);
    if (!saved) return undefined;
    const before = only !== undefined && PHASES.indexOf(phase) < PHASES.indexOf(only);
    const candidate = {
      value: saved.value as T,
      ageMs: Date.now() - Date.parse(saved.at),
      sameBoot: saved.bootId === (await bootId()),
    };
    return before || (await step.reuse(candidate)) ? candidate : undefined;
  }

  async #load(phase: PhaseName): Promise<Saved | undefined> {
    const text = await readIfPresent(this.#path(phase));
    try {
      return text === undefined ? undefined : (JSON.parse(text) as Saved);
    } catch {
      return undefined; // a result that can't be read is one we don't have: the step runs again
    }
  }

  async #save(phase: PhaseName, value: unknown): Promise<void> {
    const saved: Saved = { at: new Date().toISOString(), bootId: await bootId(), value: value ?? null };
    await writeJson(this.#path(phase), saved);
  }

  #path(phase: PhaseName): string {
    return join(this.#options.home.state, 'phases', `${phase}.json`);
  }
}
