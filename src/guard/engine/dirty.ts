import { setImmediate } from 'node:timers/promises';
import { type Baseline, joined } from './baseline.ts';
import type { NameType } from './directory.ts';
import { CHANGES, EVENT, type EventSink, type EventSource } from './event-source.ts';
import { LANE, LANES, NO_PARENT, STATX, TYPE, TYPE_MASK, wide } from './record.ts';
import type { Reporter } from './reporter.ts';
import { split, type Verifier } from './verifier.ts';

const REMARK = EVENT.movedFrom | EVENT.movedTo | EVENT.create | EVENT.delete;
/** A root was removed, moved, or lost its last name to another file. */
const ROOT_GONE = EVENT.deleteSelf | EVENT.moveSelf | EVENT.attrib;
/** More than this in one go is a flood: a pass over everything costs less than looking at each. */
const FLOOD = 4_096;
const LARGE_BYTES = 1 << 20;
/** Each takes milliseconds between two looks at events. */
const LARGE_AT_ONCE = 4;

/** Turns events into looks: what an event names is looked at once for all events that wait, and at once. */
export class Dirty implements EventSink {
  readonly #entries = new Map<number, number>();
  readonly #strangers = new Map<string, number>();
  /** Large files whose content is being read, and those that have to wait for it. */
  readonly #reading = new Set<number>();
  readonly #later = new Map<number, number>();
  #isClosed = false;

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

  /** Reads no further. To be called before what it reads with goes. */
  close(): void {
    this.#isClosed = true;
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
    let isDone = true;
    for (const each of this.baseline.sameInode(entry)) {
      if (this.#reading.has(each) || (this.#reading.size >= LARGE_AT_ONCE && this.#isLarge(each))) {
        this.#later.set(each, (this.#later.get(each) ?? 0) | mask);
        isDone = false;
        continue;
      }
      const rest = this.verifier.look(each, 'event');
      if (rest === undefined) continue;
      isDone = false;
      void this.#read(each, mask, rest);
    }
    if (mask & this.#remarks(entry)) this.markAgain(entry);
    if (isDone && this.reporter.count === told) this.#undone(entry, mask);
  }

  /** The rest of a large file, between other events. */
  async #read(entry: number, mask: number, rest: Generator<void>): Promise<void> {
    this.#reading.add(entry);
    for (const _ of rest) {
      await setImmediate();
      if (this.#isClosed) break;
    }
    this.#reading.delete(entry);
    if (this.#isClosed) return;
    this.#undone(entry, mask);
    // One at a time: each may be large again.
    const [next] = [...this.#later].filter(([each]) => !this.#reading.has(each));
    if (next === undefined) return;
    this.#later.delete(next[0]);
    this.#look(...next);
  }

  /** It was changed, and nothing is left to see of it. */
  #undone(entry: number, mask: number): void {
    if ((mask & CHANGES) === 0) return;
    // Already told, and no different now.
    const path = this.baseline.path(entry);
    if (this.reporter.knows(path)) return;
    this.reporter.always(path, { kind: 'touched', found: `${named(mask)}, and as before again` }, 'event');
  }

  #isLarge(entry: number): boolean {
    return wide(this.baseline.rows, entry * LANES + LANE.size) >= LARGE_BYTES;
  }

  /** A name that the baseline does not have: new, or gone again already. */
  #stranger(path: string, mask: number): void {
    const [directory, name] = split(path);
    const fd = this.verifier.tree.openRoot(directory, 0o10000000);
    const there = fd >= 0 && this.verifier.tree.statAt(fd, name) === 0;
    this.verifier.tree.close(fd);
    const found = nameType(this.verifier.tree.stat[STATX.mode] ?? 0);
    if (there) this.reporter.report(path, { kind: 'added', found }, 'event');
    // Made again, it is told again.
    else this.reporter.forget(path);
    if (there) return;
    if (mask & (EVENT.create | EVENT.movedTo))
      this.reporter.always(path, { kind: 'added', found: 'gone again' }, 'event');
  }

  /** After which events there may be another inode under its name. Of a root nobody tells by name. */
  #remarks(entry: number): number {
    return this.baseline.lane(entry, LANE.parent) === NO_PARENT ? REMARK | ROOT_GONE : REMARK;
  }
}

function nameType(mode: number): NameType {
  const type = mode & TYPE_MASK;
  if (type === TYPE.directory) return 'directory';
  return type === TYPE.file ? 'file' : 'other';
}

function named(mask: number): string {
  const names = Object.entries(EVENT).filter(([, bit]) => mask & bit & CHANGES);
  return names.map(([name]) => name).join(', ');
}
