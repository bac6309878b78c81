import { type Baseline, joined } from './baseline.ts';
import { compareContent, compareStat, compareXattrs, type Devices, type Finding } from './compare.ts';
import { type Answer, ContentReader } from './content.ts';
import { type Name, type NameType, Tree } from './directory.ts';
import { E, type Libc, O } from './libc.ts';
import { FLAG, LANE, STATX, TYPE, TYPE_MASK, wide } from './record.ts';
import type { Layer } from './types.ts';
import { Xattrs } from './xattrs.ts';

/** `path` has one character a byte. */
export type Report = (path: string, finding: Finding, layer: Layer) => void;

interface Item extends Name {
  /** -1: not in the baseline. */
  readonly entry: number;
}
interface Frame {
  readonly fd: number;
  readonly path: () => string;
  readonly items: readonly Item[];
  at: number;
}

/** Looks at what a baseline names, and reports how it differs. */
export class Verifier {
  readonly tree: Tree;
  readonly #xattrs: Xattrs;
  readonly #reader: ContentReader;
  readonly #devices: Devices = new Map();
  /** What statx said of files whose content is still being read. */
  readonly #waiting = new Map<number, { touched?: Finding; layer: Layer; explained: boolean }>();
  /** Entries looked at since the start, and bytes hashed. */
  entries = 0;
  bytes = 0;

  constructor(
    libc: Libc,
    readonly baseline: Baseline,
    readonly report: Report,
    /** Told of every entry that was found to be as it should. */
    readonly clean: (entry: number) => void = () => {},
  ) {
    this.tree = new Tree(libc);
    this.#xattrs = new Xattrs(libc);
    this.#reader = new ContentReader(libc, (answer) => this.#answered(answer));
  }

  /** Looks at every entry, a little between two yields; with `content` at all bytes and extended attributes too. */
  *sweep(content: boolean): Generator<void> {
    const stack: Frame[] = [];
    try {
      for (const root of this.baseline.roots()) {
        const [directory, name] = split(this.baseline.name(root));
        const fd = this.#openParent(directory, root);
        if (fd < 0) continue;
        stack.push({ fd, path: () => directory, items: [{ name, type: 'unknown', entry: root }], at: 0 });
        yield* this.#walk(stack, content);
      }
      this.#reader.flush();
    } finally {
      this.#reader.flush();
      for (const frame of stack) this.tree.close(frame.fd);
    }
  }

  /**
   * Looks at one entry at once, and at the names in it when it is a directory. Never below those. Gives what is left to do of
   * a large file, a part at a time: to be run to its end, or ended.
   */
  look(entry: number, layer: Layer): Generator<void> | undefined {
    const parent = this.baseline.lane(entry, LANE.parent);
    const [directory, name] =
      parent < 0 ? split(this.baseline.name(entry)) : [this.baseline.path(parent), this.baseline.name(entry)];
    const fd = this.#openParent(directory, entry);
    if (fd < 0) return undefined;
    try {
      const below = this.#item(fd, { name, type: 'unknown', entry }, true, layer, () => directory);
      this.tree.close(below?.fd ?? -1);
      const large = this.#reader.takeLarge();
      this.#reader.flush();
      return large;
    } finally {
      this.tree.close(fd);
    }
  }

  close(): void {
    this.#reader.close();
  }

  *#walk(stack: Frame[], content: boolean): Generator<void> {
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const item = frame.items[frame.at];
      frame.at += 1;
      if (item === undefined) {
        this.tree.close(frame.fd);
        stack.pop();
        continue;
      }
      const below = this.#item(frame.fd, item, content, 'stat', frame.path);
      if (below !== undefined) stack.push(below);
      const large = this.#reader.takeLarge();
      if (large !== undefined) yield* large;
      if (this.entries % 32 === 0) yield;
    }
  }

  /** Looks at one name in a directory; gives what is to be looked at below it. */
  #item(fd: number, item: Item, content: boolean, layer: Layer, path: () => string): Frame | undefined {
    this.entries += 1;
    const { name, entry } = item;
    if (entry < 0) return this.#added(fd, item, layer, path());
    if (content && item.type === 'file' && this.#isFile(entry)) {
      this.#file(fd, item, layer);
      return undefined;
    }
    const status = this.tree.statAt(fd, name);
    if (status < 0) {
      this.#gone(entry, -status, layer);
      return undefined;
    }
    const findings = compareStat(this.baseline, entry, this.tree.stat, this.#devices);
    if (findings[0]?.kind === 'type') {
      this.#tell(entry, findings[0], layer);
      return undefined;
    }
    const type = this.baseline.lane(entry, LANE.mode) & TYPE_MASK;
    if (type === TYPE.directory) return this.#directory(fd, item, content, findings, layer);
    if (!content && findings.length === 0) return undefined;
    if (type === TYPE.file) this.#file(fd, item, layer);
    else this.#other(fd, item, findings, layer);
    return undefined;
  }

  #file(directory: number, { name, entry }: Item, layer: Layer): void {
    let direct = true;
    let fd = this.tree.openAt(directory, name, O.direct);
    if (fd === -E.inval) {
      direct = false;
      fd = this.tree.openAt(directory, name, 0);
    }
    const status = fd < 0 ? this.tree.statAt(directory, name) : this.tree.statOf(fd);
    if (status < 0) {
      this.tree.close(fd);
      this.#gone(entry, -status, layer);
      return;
    }
    const findings = compareStat(this.baseline, entry, this.tree.stat, this.#devices);
    const isFile = ((this.tree.stat[STATX.mode] ?? 0) & TYPE_MASK) === TYPE.file;
    const xattrs = fd < 0 ? this.#xattrs.at(directory, name) : this.#xattrs.of(fd);
    this.#explained(findings, compareXattrs(this.baseline, entry, xattrs));
    const touched = findings.at(-1)?.kind === 'touched' ? findings.pop() : undefined;
    for (const finding of findings) this.#tell(entry, finding, layer);
    const explained = findings.length > 0;
    const expectsContent = isFile && (this.baseline.lane(entry, LANE.flags) & FLAG.unreadable) === 0;
    // Another size says enough; what it grew to may be endless.
    if (fd < 0 || !expectsContent || findings.some(({ kind }) => kind === 'content')) {
      this.tree.close(fd);
      if (fd < 0 && expectsContent) this.#tell(entry, { kind: 'unreadable', found: `error ${-fd}` }, layer);
      else if (!explained) this.#settle(entry, touched, layer);
      return;
    }
    this.#waiting.set(entry, { touched, layer, explained });
    this.#reader.add({ tag: entry, fd, size: wide(this.tree.stat, STATX.size), direct });
  }

  #answered(answer: Answer): void {
    const { tag } = answer;
    const waiting = this.#waiting.get(tag);
    this.#waiting.delete(tag);
    this.bytes += Math.max(answer.length, 0);
    const finding = this.#contentOf(answer);
    // The layer that saw first that there was something to look at.
    const layer = waiting === undefined || waiting.touched === undefined ? 'hash' : waiting.layer;
    if (finding !== undefined) this.#tell(tag, finding, waiting?.layer === 'event' ? 'event' : layer);
    else if (!waiting?.explained) this.#settle(tag, waiting?.touched, layer);
  }

  #contentOf({ tag, length, sha256, cacheDiffers }: Answer): Finding | undefined {
    if (length < 0) return { kind: 'unreadable', found: `error ${-length}` };
    const content = compareContent(this.baseline, tag, sha256);
    if (content !== undefined || !cacheDiffers) return content;
    return { kind: 'content', expected: 'what is on the disk', found: 'another content in the page cache' };
  }

  /** Links, devices, pipes and sockets: never opened. */
  #other(directory: number, { name, entry }: Item, findings: Finding[], layer: Layer): void {
    const target = this.tree.linkAt(directory, name);
    const expected = this.baseline.target(entry);
    if (target !== undefined && target !== expected) {
      this.#explained(findings, { kind: 'link-target', expected, found: target });
    }
    this.#explained(findings, compareXattrs(this.baseline, entry, this.#xattrs.at(directory, name)));
    this.#conclude(entry, findings, layer);
  }

  #directory(parent: number, { name, entry }: Item, content: boolean, findings: Finding[], layer: Layer) {
    if (this.baseline.lane(entry, LANE.flags) & FLAG.notEntered) {
      this.#conclude(entry, findings, layer);
      return undefined;
    }
    const fd = this.tree.openAt(parent, name, O.directory);
    const names = fd < 0 ? fd : this.tree.names(fd);
    if (typeof names === 'number') {
      this.tree.close(fd);
      if (names === -E.noent) this.#gone(entry, E.noent, layer);
      else if (this.baseline.lane(entry, LANE.flags) & FLAG.unreadable) this.#conclude(entry, findings, layer);
      else this.#tell(entry, { kind: 'unreadable', found: `error ${-names}` }, layer);
      return undefined;
    }
    if (content || findings.length > 0) {
      this.#explained(findings, compareXattrs(this.baseline, entry, this.#xattrs.of(fd)));
    }
    const { items, changed } = this.#matched(entry, names, layer);
    // A name that came or went says why the directory was touched.
    if (changed && findings.at(-1)?.kind === 'touched') findings.pop();
    if (changed && findings.length === 0) return { fd, path: () => this.baseline.path(entry), items, at: 0 };
    this.#conclude(entry, findings, layer);
    return { fd, path: () => this.baseline.path(entry), items, at: 0 };
  }

  /** Both lists are sorted by the bytes of the names. */
  #matched(entry: number, names: readonly Name[], layer: Layer): { items: Item[]; changed: boolean } {
    const children = this.baseline.children(entry);
    const items: Item[] = [];
    let [at, changed] = [0, false];
    for (const child of children) {
      const expected = this.baseline.name(child);
      for (let found = names[at]; found !== undefined && found.name < expected; found = names[++at]) {
        items.push({ ...found, entry: -1 });
        changed = true;
      }
      const found = names[at];
      if (found?.name === expected) {
        items.push({ name: expected, type: found.type, entry: child });
        at += 1;
      } else {
        changed = true;
        this.#removed(child, layer);
      }
    }
    for (const found of names.slice(at)) {
      items.push({ ...found, entry: -1 });
      changed = true;
    }
    if (layer === 'event')
      for (const item of items)
        if (item.entry < 0) this.#tellAdded(joined(this.baseline.path(entry), item.name), item.type, layer);
    return { items, changed };
  }

  /** What is new, and what is new below it; nothing of it is read. */
  #added(directory: number, { name, type }: Item, layer: Layer, parent: string): Frame | undefined {
    const path = joined(parent, name);
    this.#tellAdded(path, type, layer);
    if (type !== 'directory') return undefined;
    const fd = this.tree.openAt(directory, name, O.directory);
    const names = fd < 0 ? fd : this.tree.names(fd);
    if (typeof names === 'number') {
      this.tree.close(fd);
      return undefined;
    }
    return { fd, path: () => path, items: names.map((item) => ({ ...item, entry: -1 })), at: 0 };
  }

  #tellAdded(path: string, type: NameType, layer: Layer): void {
    this.report(path, { kind: 'added', found: type }, layer);
  }

  #gone(entry: number, errno: number, layer: Layer): void {
    if (errno === E.noent || errno === E.notdir) this.#removed(entry, layer);
    else this.#tell(entry, { kind: 'unreadable', found: `error ${errno}` }, layer);
  }

  #removed(entry: number, layer: Layer): void {
    for (let below = entry; below < this.baseline.lane(entry, LANE.end); below += 1) {
      this.#tell(below, { kind: 'removed' }, layer);
    }
  }

  #openParent(directory: string, entry: number): number {
    const fd = this.tree.openRoot(directory, O.path | O.directory);
    if (fd === -E.loop) this.#tell(entry, { kind: 'type', found: 'a symbolic link leads to it' }, 'stat');
    else if (fd < 0) this.#gone(entry, -fd, 'stat');
    return fd;
  }

  /** Puts a finding before `touched`, which is last. */
  #explained(findings: Finding[], finding: Finding | undefined): void {
    if (finding !== undefined) findings.unshift(finding);
  }

  #conclude(entry: number, findings: Finding[], layer: Layer): void {
    const touched = findings.at(-1)?.kind === 'touched' ? findings.pop() : undefined;
    for (const finding of findings) this.#tell(entry, finding, layer);
    if (findings.length === 0) this.#settle(entry, touched, layer);
  }

  #settle(entry: number, touched: Finding | undefined, layer: Layer): void {
    if (touched === undefined) this.clean(entry);
    else this.#tell(entry, touched, layer);
  }

  #isFile(entry: number): boolean {
    return (this.baseline.lane(entry, LANE.mode) & TYPE_MASK) === TYPE.file;
  }

  #tell(entry: number, finding: Finding, layer: Layer): void {
    this.report(this.baseline.path(entry), finding, layer);
  }
}

/** Directory and name of an absolute path; `/` is `.` in itself. */
export function split(path: string): [string, string] {
  const at = path.lastIndexOf('/');
  return path === '/' ? ['/', '.'] : [path.slice(0, at) || '/', path.slice(at + 1)];
}
