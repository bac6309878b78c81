import { deviation } from './check.ts';
import type { Finding } from './compare.ts';
import type { EngineDeviation, Layer } from './types.ts';

/** So much is remembered; past it, what was told may be told again. */
const MEMORY = 100_000;
/** Of these there may be several at one path, each of which is told once; of the others the last one is how it looks. */
const SEVERAL: ReadonlySet<string> = new Set(['mount', 'tampered']);

/** Tells of a deviation once, and again when it looks different or was gone in between. */
export class Reporter {
  readonly #told = new Map<string, Map<string, Set<string>>>();
  #size = 0;
  count = 0;

  constructor(readonly onDeviation: (deviation: EngineDeviation) => void) {}

  report = (path: string, finding: Finding, layer: Layer): void => {
    const found = finding.found ?? '';
    let kinds = this.#told.get(path);
    const before = kinds?.get(finding.kind);
    if (before?.has(found)) return;
    if (kinds === undefined) {
      if (this.#size > MEMORY) {
        this.#told.clear();
        this.#size = 0;
      }
      kinds = new Map();
      this.#told.set(path, kinds);
    }
    if (before !== undefined && SEVERAL.has(finding.kind)) before.add(found);
    else kinds.set(finding.kind, new Set([found]));
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

  /** One kind is over there. */
  forgetKind(path: string, kind: string): void {
    const kinds = this.#told.get(path);
    kinds?.delete(kind);
    if (kinds?.size === 0) this.#told.delete(path);
  }

  /** Runs what reports all findings of one kind there are, and forgets those that it no longer reports. */
  anew(kind: string, run: (report: Reporter['report']) => void): void {
    const now = new Map<string, Set<string>>();
    run((path, finding, layer) => {
      const found = now.get(path) ?? new Set();
      now.set(path, found.add(finding.found ?? ''));
      this.report(path, finding, layer);
    });
    for (const [path, kinds] of this.#told) {
      const known = kinds.get(kind);
      if (known === undefined) continue;
      for (const found of known) if (!now.get(path)?.has(found)) known.delete(found);
      if (known.size === 0) this.forgetKind(path, kind);
    }
  }
}
