import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { fromHex, type Hex, toHex } from './hex.ts';
import type { StorageDiff } from './state.ts';

export interface StoredBlock {
  number: number;
  hash: Hex;
  /** SCALE bytes. */
  header: Hex;
  extrinsics: readonly Hex[];
}

const hex = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]*$/.test(value));
const blockRow = z.object({
  number: z.number(),
  hash: hex,
  header: z.instanceof(Uint8Array),
  extrinsics: z.string(),
});
const undoRow = z.object({ undo: z.string().nullable() });
const stateRow = z.object({ key: z.instanceof(Uint8Array), value: z.instanceof(Uint8Array) });
const extrinsicList = z.array(hex);
const undoList = z.array(z.tuple([hex, hex.nullable()]));

/** Blocks behind the head whose state can still be read. */
export const STATE_HISTORY = 256;
/** Blocks behind the head that can still be read: a day of one every three seconds. */
const BLOCK_HISTORY = 28_800;

/**
 * The chain on disk: the state after the last block, and the blocks. A block and the state that it leads to are one
 * SQLite transaction in the write-ahead log, so a process killed anywhere leaves the block before or the block, whole.
 */
export class ChainDatabase {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Opens or makes the database in `directory`. Throws UserError `chain-directory-busy` or `chain-state-damaged`. */
  static open(directory: string): ChainDatabase {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, 'chain.sqlite');
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(path);
      // EXCLUSIVE: one process a chain. FULL: a block that was announced survives a power cut.
      db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;');
      prepareSchema(db, path);
      return new ChainDatabase(db);
    } catch (cause) {
      db?.close();
      throw openingFailure(path, cause);
    }
  }

  /** Enters the genesis block, and the state of `head` if that is another, into an empty database; and notes. */
  initialize(
    genesis: StoredBlock,
    state: StorageDiff,
    head = genesis,
    notes: Readonly<Record<string, string>> = {},
  ): void {
    this.#transaction(() => {
      this.#putState(state);
      this.#putBlock(genesis, undefined);
      if (head.number !== genesis.number) this.#putBlock(head, undefined);
      for (const [name, value] of Object.entries(notes)) this.setNote(name, value);
    });
  }

  /** Enters the next block, what it changed, and how to take that back. */
  append(block: StoredBlock, diff: StorageDiff, undo: StorageDiff): void {
    this.#transaction(() => {
      this.#putState(diff);
      this.#putBlock(block, undo);
      this.#db.prepare('UPDATE block SET undo = NULL WHERE number = ?').run(block.number - STATE_HISTORY);
      this.#db.prepare('DELETE FROM block WHERE number > 0 AND number <= ?').run(block.number - BLOCK_HISTORY);
    });
  }

  /** The state after the last block. */
  state(): Map<Hex, Uint8Array> {
    const rows = this.#db.prepare('SELECT key, value FROM storage').all();
    return new Map(rows.map((row) => stateRow.parse(row)).map(({ key, value }) => [toHex(key), value]));
  }

  /** The last block, or `undefined` in an empty database. */
  head(): StoredBlock | undefined {
    return parseBlock(this.#db.prepare('SELECT * FROM block ORDER BY number DESC LIMIT 1').get());
  }

  blockByNumber(number: number): StoredBlock | undefined {
    return parseBlock(this.#db.prepare('SELECT * FROM block WHERE number = ?').get(number));
  }

  blockByHash(hash: Hex): StoredBlock | undefined {
    return parseBlock(this.#db.prepare('SELECT * FROM block WHERE hash = ?').get(hash));
  }

  /** What turns the state after a block into the one before it; `undefined` where that is not kept any more. */
  undo(number: number): StorageDiff | undefined {
    const row = this.#db.prepare('SELECT undo FROM block WHERE number = ?').get(number);
    const { undo } = row === undefined ? { undo: null } : undoRow.parse(row);
    if (undo === null) return undefined;
    const entries = undoList.parse(JSON.parse(undo));
    return new Map(entries.map(([key, value]) => [key, value === null ? null : fromHex(value)]));
  }

  note(name: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM note WHERE name = ?').get(name);
    return row === undefined ? undefined : z.object({ value: z.string() }).parse(row).value;
  }

  setNote(name: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO note (name, value) VALUES (?, ?)').run(name, value);
  }

  close(): void {
    this.#db.close();
  }

  #putState(diff: StorageDiff): void {
    const put = this.#db.prepare(
      'INSERT INTO storage (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    const remove = this.#db.prepare('DELETE FROM storage WHERE key = ?');
    for (const [key, value] of diff) {
      if (value === null) remove.run(fromHex(key));
      else put.run(fromHex(key), value);
    }
  }

  #putBlock(block: StoredBlock, undo: StorageDiff | undefined): void {
    this.#db
      .prepare('INSERT INTO block (number, hash, header, extrinsics, undo) VALUES (?, ?, ?, ?, ?)')
      .run(
        block.number,
        block.hash,
        fromHex(block.header),
        JSON.stringify(block.extrinsics),
        undo === undefined ? null : JSON.stringify([...undo].map(([key, value]) => [key, value && toHex(value)])),
      );
  }

  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** What the tables look like; a program that reads another way must change it. */
const VERSION = 2;

/**
 * A value is beside its key's index, not in it: SQLite reads a whole entry of an index to compare it, and the keys of
 * contracts are next to that of the runtime, whose value has five million bytes.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS storage (key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS block (
    number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, header BLOB NOT NULL, extrinsics TEXT NOT NULL, undo TEXT);
  CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

/** Makes the tables, or brings those of an earlier program up to date; all at once, whenever the process is killed. */
function prepareSchema(db: DatabaseSync, path: string): void {
  const { user_version: version } = z
    .object({ user_version: z.number() })
    .parse(db.prepare('PRAGMA user_version').get());
  if (version > VERSION) {
    throw new UserError('chain-state-newer', `The chain's database ${path} was made by a newer version of logos.`, {
      nextSteps: ['Use that version, or begin a new chain with another --dir.'],
    });
  }
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version=${VERSION};`);
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'state'").get() !== undefined) {
    db.exec('INSERT INTO storage SELECT key, value FROM state; DROP TABLE state;');
  }
  db.exec('COMMIT');
}

function parseBlock(row: unknown): StoredBlock | undefined {
  if (row === undefined) return undefined;
  const { number, hash, header, extrinsics } = blockRow.parse(row);
  return { number, hash, header: toHex(header), extrinsics: extrinsicList.parse(JSON.parse(extrinsics)) };
}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

function openingFailure(path: string, cause: unknown): unknown {
  const code = Number((cause as { errcode?: unknown }).errcode) & 0xff;
  if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
    return new UserError('chain-directory-busy', `Another process runs the chain in ${path}.`, {
      cause,
      nextSteps: ['Use the chain that runs already, or give this one a directory of its own with --dir.'],
    });
  }
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new UserError('chain-state-damaged', `The chain's database ${path} can't be read.`, {
      cause,
      nextSteps: ['Remove the directory to start a new chain, or restore it from a backup.'],
    });
  }
  if (code === SQLITE_FULL) {
    return new UserError('disk-full', `No space left on the disk (${path}).`, {
      cause,
      nextSteps: ['Free some space, or put the chain on a larger disk with --dir.'],
    });
  }
  if (code === SQLITE_CANTOPEN) {
    return new UserError('permission-denied', `The chain's database ${path} can't be opened.`, {
      cause,
      nextSteps: ['Run the command as the user who owns the directory, or give another one with --dir.'],
    });
  }
  return cause;
}
