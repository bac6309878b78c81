import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from './errors.ts';
import { readIfPresent, syncDirectory } from './files.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One change to this machine, written down before it is made, with what is needed to undo it exactly. */
export interface Change {
  id: string;
  /** Which undoer knows how to reverse it: `file`, `directory`, `sysctl`, `nft-table`, … */
  kind: string;
  /** What is changed: a path, a table, a domain. */
  target: string;
  /** What was there. */
  before: Json;
  /** ISO 8601. */
  at: string;
  /** What we put there since, one for each content, as its kind tells it; absent where nobody wrote it down. */
  made?: readonly Json[];
}

type Line = { change: Change } | { undone: string } | { made: { id: string; after: Json } };

export interface UndoHow {
  /** Also where somebody else has changed it since. */
  readonly overwrite: boolean;
}

/**
 * Reverses one kind of change. Must succeed when the change was never made, was made in part, or is undone already; throws
 * LaterEdit where what is there now is neither what was there nor what we made of it.
 */
export type Undo = (change: Change, how?: UndoHow) => Promise<void>;

/** What somebody else did to it since, which stays. */
export class LaterEdit extends Error {
  /** Whether nothing of ours is left: else the line stays in the journal, for an undo that overwrites. */
  readonly settled: boolean;

  constructor(message: string, settled = false) {
    super(message);
    this.settled = settled;
  }
}
export type Undoers = Readonly<Record<string, Undo>>;

/**
 * The append-only record of every change to the host. A line is on disk (fsync) before `record` returns, so that a
 * process killed at any line leaves a journal that undoes whatever it did.
 */
export class Journal {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async record(change: Omit<Change, 'id' | 'at' | 'made'>): Promise<Change> {
    const full: Change = { id: randomUUID(), at: new Date().toISOString(), ...change };
    await this.#append({ change: full });
    return full;
  }

  /** Writes down what a change is about to put in its place, so that undo tells it from what somebody else puts there later. */
  async recordMade({ id, made = [] }: Change, after: Json): Promise<void> {
    if (!made.some((known) => isDeepStrictEqual(known, after))) await this.#append({ made: { id, after } });
  }

  async markUndone(id: string): Promise<void> {
    await this.#append({ undone: id });
  }

  /** Changes not undone yet, oldest first. */
  async pending(): Promise<Change[]> {
    const lines = parseLines((await readIfPresent(this.#path)) ?? '', this.#path);
    const undone = new Set(lines.flatMap((line) => ('undone' in line ? [line.undone] : [])));
    const made = new Map<string, Json[]>();
    for (const line of lines)
      if ('made' in line) made.set(line.made.id, [...(made.get(line.made.id) ?? []), line.made.after]);
    return lines.flatMap((line) => {
      if (!('change' in line) || undone.has(line.change.id)) return [];
      const after = made.get(line.change.id);
      return [after === undefined ? line.change : { ...line.change, made: after }];
    });
  }

  /** The first pending change of this kind and target: its `before` is what the host had before we ever touched it. */
  async find(kind: string, target: string): Promise<Change | undefined> {
    return (await this.pending()).find((change) => change.kind === kind && change.target === target);
  }

  /**
   * Undoes pending changes, newest first, until one can't be; `select` limits which. What somebody else changed since
   * stays theirs, and is told to `onKept`; where something of ours is left in it, its line stays in the journal. A kind without
   * an undoer stops it before anything is done. Gives what was undone.
   */
  async undo(
    undoers: Undoers,
    select: (change: Change) => boolean = () => true,
    onKept: (change: Change, edit: LaterEdit) => void = () => {},
  ): Promise<Change[]> {
    const undone: Change[] = [];
    for (const change of await this.toUndo(undoers, select)) {
      try {
        await undoers[change.kind]?.(change);
      } catch (error) {
        if (!(error instanceof LaterEdit)) throw error;
        onKept(change, error);
        if (!error.settled) continue;
      }
      await this.markUndone(change.id);
      undone.push(change);
    }
    return undone;
  }

  /** Pending changes, newest first. Throws UserError `journal-kind-unknown` where one of them has no undoer. */
  async toUndo(undoers: Undoers, select: (change: Change) => boolean): Promise<Change[]> {
    const changes = (await this.pending()).filter(select).reverse();
    const unknown = changes.find((change) => undoers[change.kind] === undefined);
    if (unknown) {
      throw new UserError('journal-kind-unknown', `This version can't undo a change of kind ${unknown.kind}.`, {
        nextSteps: ['Use the version of logos that made the change (see the journal in LOGOS_HOME).'],
      });
    }
    return changes;
  }

  async #append(line: Line): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const existed = (await readIfPresent(this.#path)) !== undefined;
    const file = await open(this.#path, 'a+', 0o600);
    try {
      // A torn last line (power cut) must not swallow the next one.
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      const separator = size > 0 && last[0] !== 0x0a ? '\n' : '';
      await file.appendFile(`${separator}${withSum(line)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!existed) await syncDirectory(dirname(this.#path));
  }
}

const SUM = /^(.*),"sum":"([0-9a-f]{8})"}$/;

function withSum(line: Line): string {
  const body = JSON.stringify(line).slice(0, -1);
  return `${body},"sum":"${sumOf(body)}"}`;
}

function sumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 8);
}

/**
 * A line of ours without its end was torn by a crash, and one of NULs is what a file system shows of a write that never came:
 * never acknowledged, so the change was never made. Anything else is damage, above all a whole line that says another sum.
 */
function parseLines(text: string, path: string): Line[] {
  const lines: Line[] = [];
  for (const padded of text.split('\n')) {
    const raw = padded.replaceAll('\0', '');
    if (raw === '') continue;
    const [, body, sum] = SUM.exec(raw) ?? [];
    if (body !== undefined && sumOf(body) !== sum) throw damaged(path, 'a line that was changed since it was written');
    try {
      lines.push(JSON.parse(raw) as Line);
    } catch {
      if (!raw.startsWith('{')) throw damaged(path, 'a line that is not ours');
    }
  }
  return lines;
}

function damaged(path: string, what: string): UserError {
  return new UserError('journal-damaged', `The journal ${path} holds ${what}.`, {
    nextSteps: ['Restore the journal from a backup: without it the changes to this host can only be undone by hand.'],
  });
}
