import { existsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { BlockNumber, BlockPlace, Hash } from '../../chain/index.ts';
import { openDatabase, openToRead, setAside } from './database.ts';
import { CONTRACTS, type FactChanges, type Facts, hashSchema } from './facts.ts';

/** Blocks whose changes can be taken back. */
export const HISTORY = 256;

/** Which chain and region the facts are of. */
export interface KnowledgeOf {
  genesis: Hash;
  region: string;
}

/** Up to which block the chain was read, and when that was last known to be its head. */
export interface Cursor {
  height: BlockNumber;
  hash: Hash;
  finalized: BlockNumber;
  /** Milliseconds since 1970, by this machine's clock. */
  time: number;
}

/** Something kept, and the block that changed it last. */
export interface Kept {
  value: unknown;
  changed: BlockNumber;
}

const height = z.int().min(0);
const blockRow = z.object({ height, hash: hashSchema });
const undoRow = z.object({ height, undo: z.string() });
const factRow = z.object({ name: z.string(), value: z.string(), changed: height });
const undoList = z.array(z.tuple([z.string(), z.string().nullable(), height]));
const noteSchema = z.strictObject({ genesis: hashSchema, region: z.string(), finalized: height, time: z.number() });
type Note = z.infer<typeof noteSchema>;

/** Another process wrote to the store: what was learnt is to be learnt again from where that one is. */
export class Overtaken extends Error {
  readonly cursor: Cursor | undefined;

  constructor(cursor: Cursor | undefined) {
    super('another process keeps the same knowledge');
    this.cursor = cursor;
  }
}

/**
 * What is known, on disk: facts as of one block, and how to take back the last blocks. A block's facts and the block itself
 * are one transaction of SQLite, so a process killed anywhere leaves the block before or the block, whole.
 */
export class KnowledgeStore {
  readonly of: KnowledgeOf;
  readonly #path: string;
  #database: DatabaseSync;
  #find: StatementSync;
  #cursor: Cursor | undefined;

  private constructor(path: string, of: KnowledgeOf, database: DatabaseSync) {
    this.of = of;
    this.#path = path;
    this.#database = database;
    this.#find = finder(database);
  }

  /**
   * Opens the store, and makes it where there is none. What can't be read, and what is of another chain or region, is
   * forgotten. Throws SQLite's error for a file that can't be opened or is open elsewhere.
   */
  static open(path: string, of: KnowledgeOf): KnowledgeStore {
    const { database } = openDatabase(path);
    const store = new KnowledgeStore(path, of, database);
    store.#cursor = store.#stored();
    if (store.#cursor === undefined) store.#transaction(() => store.#clear());
    return store;
  }

  /** The store as it is, whoever writes it; `undefined` where there is nothing to read. */
  static read(path: string): KnowledgeStore | undefined {
    const database = openToRead(path);
    if (database === undefined) return undefined;
    try {
      const note = readNote(database);
      if (note !== undefined) {
        const store = new KnowledgeStore(path, note, database);
        store.#cursor = store.#lastBlock(note);
        return store;
      }
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
    return undefined;
  }

  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  find(name: string): Kept | undefined {
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    return { value: JSON.parse(row.value as string), changed: row.changed as number };
  }

  /** What is kept of all contracts, by name. */
  contracts(): Facts {
    const rows = this.#database
      .prepare('SELECT name, value, changed FROM fact WHERE name >= ? AND name < ? ORDER BY name')
      .all(CONTRACTS, `${CONTRACTS}\u{10ffff}`);
    return new Map(rows.map((row) => factRow.parse(row)).map(({ name, value }) => [name, JSON.parse(value)]));
  }

  /** Hash of a block that was read and can be gone back to. */
  hashAt(block: BlockNumber): Hash | undefined {
    const row = this.#database.prepare('SELECT height, hash FROM block WHERE height = ?').get(block);
    return row === undefined ? undefined : blockRow.parse(row).hash;
  }

  /** Forgets all, and begins with what is known as of a block. */
  begin(place: BlockPlace, facts: Facts, finalized: BlockNumber, now: number): void {
    this.#transaction(() => {
      this.#clear();
      for (const [name, value] of facts) this.#put(name, JSON.stringify(value), place.height);
      this.#enter(place, '[]');
      return this.#reach(place, finalized, now);
    });
  }

  /** Enters the block after the last one with what it changed. */
  append(place: BlockPlace, changes: FactChanges, finalized: BlockNumber, now: number): void {
    this.#onward(() => {
      const undo = [...changes].map(([name, value]) => {
        const before = this.#find.get(name);
        if (value === null) this.#database.prepare('DELETE FROM fact WHERE name = ?').run(name);
        else this.#put(name, JSON.stringify(value), place.height);
        return [name, before?.value ?? null, before?.changed ?? 0];
      });
      this.#enter(place, JSON.stringify(undo));
      this.#database.prepare('DELETE FROM block WHERE height < ?').run(place.height - HISTORY);
      return this.#reach(place, finalized, now);
    });
  }

  /** Takes back all blocks above this one, which must be known to `hashAt`. */
  undoTo(block: BlockNumber): void {
    const cursor = this.#cursor;
    const hash = this.hashAt(block);
    if (cursor === undefined || hash === undefined) throw new RangeError(`block ${block} is not kept`);
    this.#onward(() => {
      const rows = this.#database
        .prepare('SELECT height, undo FROM block WHERE height > ? ORDER BY height DESC')
        .all(block);
      for (const row of rows) {
        for (const [name, value, changed] of undoList.parse(JSON.parse(undoRow.parse(row).undo))) {
          if (value === null) this.#database.prepare('DELETE FROM fact WHERE name = ?').run(name);
          else this.#put(name, value, changed);
        }
      }
      this.#database.prepare('DELETE FROM block WHERE height > ?').run(block);
      return this.#reach({ height: block, hash }, Math.min(cursor.finalized, block), cursor.time);
    });
  }

  /** The last block is the chain's head still. */
  confirm(finalized: BlockNumber, now: number): void {
    const cursor = this.#cursor;
    if (cursor !== undefined) this.#onward(() => this.#reach(cursor, finalized, now));
  }

  /** Sets the file aside and begins an empty one. */
  renew(): void {
    this.#cursor = undefined;
    this.close();
    if (existsSync(this.#path)) setAside(this.#path);
    this.#database = openDatabase(this.#path).database;
    this.#find = finder(this.#database);
  }

  /** Not, where it could not be begun anew. */
  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #reach({ height: reached, hash }: { height: BlockNumber; hash: Hash }, finalized: BlockNumber, time: number): Cursor {
    const { genesis, region } = this.of;
    const note: Note = { genesis, region, finalized: Math.min(finalized, reached), time };
    this.#database.prepare("INSERT OR REPLACE INTO note VALUES ('head', ?)").run(JSON.stringify(note));
    return { height: reached, hash, finalized: note.finalized, time };
  }

  #enter({ height: entered, hash }: BlockPlace, undo: string): void {
    this.#database.prepare('INSERT INTO block (height, hash, undo) VALUES (?, ?, ?)').run(entered, hash, undo);
  }

  #put(name: string, value: string, changed: BlockNumber): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO fact (name, value, changed) VALUES (?, ?, ?)')
      .run(name, value, changed);
  }

  #clear(): undefined {
    this.#database.exec('DELETE FROM fact; DELETE FROM block; DELETE FROM note;');
  }

  /** What the file says, whoever wrote it last; `undefined` where it is of another chain or region, or of nobody's making. */
  #stored(): Cursor | undefined {
    try {
      const note = readNote(this.#database);
      const isOurs = note?.genesis === this.of.genesis && note.region === this.of.region;
      return note !== undefined && isOurs ? this.#lastBlock(note) : undefined;
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #lastBlock({ finalized, time }: Note): Cursor | undefined {
    const row = this.#database.prepare('SELECT height, hash FROM block ORDER BY height DESC LIMIT 1').get();
    return row === undefined ? undefined : { ...blockRow.parse(row), finalized, time };
  }

  /** Changes what this store knew last; another process may have written since. Throws `Overtaken`, and knows it then. */
  #onward(work: () => Cursor): void {
    this.#transaction(() => {
      const stored = this.#stored();
      if (stored?.hash === this.#cursor?.hash) return work();
      throw new Overtaken(stored);
    });
  }

  /** What it was before goes on being known until the change is on disk. */
  #transaction(work: () => Cursor | undefined): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const cursor = work();
      this.#database.exec('COMMIT');
      this.#cursor = cursor;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      if (error instanceof Overtaken) this.#cursor = error.cursor;
      throw error;
    }
  }
}

function finder(database: DatabaseSync): StatementSync {
  return database.prepare('SELECT value, changed FROM fact WHERE name = ?');
}

function readNote(database: DatabaseSync): Note | undefined {
  const row = database.prepare("SELECT value FROM note WHERE name = 'head'").get();
  return row === undefined ? undefined : noteSchema.parse(JSON.parse(z.string().parse(row.value)));
}
