import { type Baseline, joined } from './baseline.ts';
import { CHANGES, EVENT, type EventSink, type EventSource } from './event-source.ts';
import { LANE, LANES } from './record.ts';
import type { Reporter } from './reporter.ts';
import { split, type Verifier } from './verifier.ts';

const REMARK = EVENT.movedFrom | EVENT.movedTo | EVENT.create | EVENT.delete;
/** More than this in one go is a flood: a pass over everything costs less than looking at each. */
const FLOOD = 4_096;

/** Turns events into looks: what an event names is looked at once for all events that wait, and at once. */
export class Dirty implements EventSink {
  readonly #entries = new Map<number, number>();
  readonly #strangers = new Map<string, number>();

  constructor(
    readonly baseline: Baseline,
    readonly verifier: Verifier,
    readonly reporter: Reporter,
    readonly markAgain: (entry: number) => void,
    readonly sweepAll: () => void,
  ) {}

  take(source: EventSource): void {
    source.drain(this);
    const entries = [...this.#entries];
    const strangers = [...this.#strangers];
    this.#entries.clear();
    this.#strangers.clear();
    if (entries.length + strangers.length > FLOOD) this.sweepAll();
    for (const [entry, mask] of entries.slice(0, FLOOD)) this.#look(entry, mask);
    for (const [path, mask] of strangers.slice(0, FLOOD)) this.#stranger(path, mask);
  }

  object(entry: number, mask: number): void {
    this.#entries.set(entry, (this.#entries.get(entry) ?? 0) | mask);
  }

  name(directory: number, name: string, mask: number): void {
    const entry = this.baseline.child(directory, name);
    if (entry !== undefined) this.object(entry, mask);
    else if (mask & CHANGES) {
      const path = joined(this.baseline.path(directory), name);
      this.#strangers.set(path, (this.#strangers.get(path) ?? 0) | mask);
    }
  }

  overflow(): void {
    this.sweepAll();
  }

  #look(entry: number, mask: number): void {
    const told = this.reporter.count;
    for (const each of this.#sameInode(entry)) this.verifier.look(each, 'event');
    if (mask & REMARK) this.markAgain(entry);
    if (this.reporter.count > told || (mask & CHANGES) === 0) return;
    // Already told, and no different now.
    const path = this.baseline.path(entry);
    if (this.reporter.knows(path)) return;
    this.reporter.always(path, { kind: 'touched', found: `${named(mask)}, and as before again` }, 'event');
  }

  /** A name that the baseline does not have: new, or gone again already. */
  #stranger(path: string, mask: number): void {
    const [directory, name] = split(path);
    const fd = this.verifier.tree.openRoot(directory, 0o10000000);
    const there = fd >= 0 && this.verifier.tree.statAt(fd, name) === 0;
    this.verifier.tree.close(fd);
    if (there) this.reporter.report(path, { kind: 'added' }, 'event');
    else if (mask & (EVENT.create | EVENT.movedTo))
      this.reporter.always(path, { kind: 'added', found: 'gone again' }, 'event');
  }

  /** All names of a file in the baseline. */
  #sameInode(entry: number): number[] {
    const { baseline } = this;
    if (baseline.isDirectory(entry) || baseline.lane(entry, LANE.links) < 2) return [entry];
    const { rows, count } = baseline;
    const at = entry * LANES;
    const found: number[] = [];
    for (let other = 0; other < count; other += 1) {
      const from = other * LANES;
      const same = [LANE.inode, LANE.inode + 1, LANE.filesystem].every((lane) => rows[from + lane] === rows[at + lane]);
      if (same) found.push(other);
    }
    return found;
  }
}

function named(mask: number): string {
  const names = Object.entries(EVENT).filter(([, bit]) => mask & bit & CHANGES);
  return names.map(([name]) => name).join(', ');
}
