import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
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
}

type Line = { change: Change } | { undone: string };

/** Reverses one kind of change. Must succeed when the change was never made, was made in part, or is undone already. */
export type Undo = (change: Change) => Promise<void>;
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

  async record(change: Omit<Change, 'id' | 'at'>): Promise<Change> {
    const full: Change = { id: randomUUID(), at: new Date().toISOString(), ...change };
    await this.#append({ change: full });
    return full;
  }

  async markUndone(id: string): Promise<void> {
    await this.#append({ undone: id });
  }

  /** Changes not undone yet, oldest first. */
  async pending(): Promise<Change[]> {
    const lines = parseLines((await readIfPresent(this.#path)) ?? '', this.#path);
    const undone = new Set(lines.flatMap((line) => ('undone' in line ? [line.undone] : [])));
    return lines.flatMap((line) => ('change' in line && !undone.has(line.change.id) ? [line.change] : []));
  }

  /** The first pending change of this kind and target: its `before` is what the host had before we ever touched it. */
  async find(kind: string, target: string): Promise<Change | undefined> {
    return (await this.pending()).find((change) => change.kind === kind && change.target === target);
  }

  /** Undoes pending changes, newest first; `select` limits which. A kind without an undoer stops it before anything is done. */
  async undo(undoers: Undoers, select: (change: Change) => boolean = () => true): Promise<Change[]> {
    const changes = (await this.pending()).filter(select).reverse();
    const unknown = changes.find((change) => undoers[change.kind] === undefined);
    if (unknown) {
      throw new UserError('journal-kind-unknown', `This version can't undo a change of kind ${unknown.kind}.`, {
        nextSteps: ['Use the version of logos that made the change (see the journal in LOGOS_HOME).'],
      });
    }
    for (const change of changes) {
      await undoers[change.kind]?.(change);
      await this.markUndone(change.id);
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
      await file.appendFile(`${separator}${JSON.stringify(line)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!existed) await syncDirectory(dirname(this.#path));
  }
}

/** A line of ours that does not parse was torn by a crash: never acknowledged, so its change was never made. Anything else is damage. */
function parseLines(text: string, path: string): Line[] {
  const lines: Line[] = [];
  for (const raw of text.split('\n')) {
    if (raw === '') continue;
    try {
      lines.push(JSON.parse(raw) as Line);
    } catch {
      if (raw.startsWith('{')) continue;
      throw new UserError('journal-damaged', `The journal ${path} holds a line that is not ours.`, {
        nextSteps: [
          'Restore the journal from a backup: without it the changes to this host can only be undone by hand.',
        ],
      });
    }
  }
  return lines;
}
