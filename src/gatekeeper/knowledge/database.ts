import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What the tables look like; a program that reads another way must change it. */
const FORMAT = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS block (height INTEGER PRIMARY KEY, hash TEXT NOT NULL, undo TEXT NOT NULL);
`;
/** Of 4,096 bytes each: whatever a node says, the file does not outgrow this. */
const MAX_PAGES = 8_192;
const MAX_LOG_BYTES = 4 << 20;

/**
 * Opens the database for writing, makes it where there is none, readable by its owner alone. One that is damaged, or of
 * another format, is set aside as `<path>.aside` and begun anew. Throws SQLite's error when another process has it open, or
 * the disk is full.
 */
export function openDatabase(path: string): { database: DatabaseSync; setAside: boolean } {
  try {
    return { database: open(path), setAside: false };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    setAside(path);
    return { database: open(path), setAside: true };
  }
}

/** Moves a database out of the way, in place of one that was set aside before. */
export function setAside(path: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  renameSync(path, `${path}.aside`);
}

/** Opens the database for reading, whether a service writes it or not; `undefined` for one of another format. */
export function openToRead(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  try {
    if (formatOf(database) === FORMAT) return database;
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite would make it as the umask says; its log takes the mode of the database.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: 1_000 });
  try {
    const format = formatOf(database);
    const empty = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get()?.tables === 0;
    if (!empty && format !== FORMAT) throw new OtherFormat();
    // NORMAL: a power cut may lose the last blocks, which are read again, and never the file.
    database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=${MAX_LOG_BYTES};
      PRAGMA max_page_count=${MAX_PAGES}; BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version=${FORMAT}; COMMIT;`);
    const checked = database.prepare('PRAGMA quick_check(1)').get();
    if (checked?.quick_check !== 'ok') throw new OtherFormat();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function formatOf(database: DatabaseSync): unknown {
  return database.prepare('PRAGMA user_version').get()?.user_version;
}

class OtherFormat extends Error {}

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** Whether a file has to be begun anew: damaged, of another format, or grown to its limit. */
export function isUnreadable(error: unknown): boolean {
  if (error instanceof OtherFormat || error instanceof SyntaxError) return true;
  const code = Number((error as { errcode?: unknown }).errcode) & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB || code === SQLITE_FULL;
}
