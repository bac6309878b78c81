import { deviation } from './check.ts';
import type { Finding } from './compare.ts';
import type { EngineDeviation, Layer } from './types.ts';

/** So much is remembered; past it, what was told may be told again. */
const MEMORY = 100_000;

/** Tells of a deviation once, and again when it looks different or was gone in between. */
export class Reporter {
  readonly #told = new Map<string, Map<string, string>>();
  #size = 0;
  count = 0;

  constructor(readonly onDeviation: (deviation: EngineDeviation) => void) {}

  report = (path: string, finding: Finding, layer: Layer): void => {
    const found = finding.found ?? '';
    let kinds = this.#told.get(path);
    if (kinds?.get(finding.kind) === found) return;
    if (kinds === undefined) {
      if (this.#size > MEMORY) {
        this.#told.clear();
        this.#size = 0;
      }
      kinds = new Map();
      this.#told.set(path, kinds);
    }
    kinds.set(finding.kind, found);
    this.#size += 1;
    this.count += 1;
    this.onDeviation(deviation(path, finding, layer));
  };

  /** Told each time: an event is a deviation even where nothing is left to see of it. */
  always(path: string, finding: Finding, layer: Layer): void {
    this.count += 1;
    this.onDeviation(deviation(path, finding, layer));
  }

  knows(path: string): boolean {
    return this.#told.has(path);
  }

  get quiet(): boolean {
    return this.#told.size === 0;
  }

  /** All is as it should be there, but what `except` tells of. */
  forget(path: string, except?: string): void {
    const kinds = this.#told.get(path);
    for (const kind of [...(kinds?.keys() ?? [])]) if (kind !== except) kinds?.delete(kind);
    if (kinds?.size === 0) this.#told.delete(path);
  }

  /** Runs what reports all findings of one kind there are, and forgets those that it no longer reports. */
  anew(kind: string, run: (report: Reporter['report']) => void): void {
    const now = new Set<string>();
    run((path, finding, layer) => {
      now.add(path);
      this.report(path, finding, layer);
    });
    for (const [path, kinds] of this.#told) {
      if (kinds.has(kind) && !now.has(path)) {
        kinds.delete(kind);
        if (kinds.size === 0) this.#told.delete(path);
      }
    }
  }
}
