import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../../system/errors.ts';
import { isErrno } from '../../system/files.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    genesis TEXT NOT NULL,
    request TEXT NOT NULL
  ) STRICT;
  CREATE TABLE damaged (id TEXT NOT NULL, request TEXT NOT NULL) STRICT;
`;
/** Milliseconds that another process of this program may hold the database: it commits what it has, and no more. */
const BUSY_MS = 5_000;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/**
 * Opens or makes the database of the outbox, for its owner's eyes only. What is committed survives a power cut.
 * Throws UserError `state-damaged` or `disk-full`.
 */
export function openOutboxDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives its log and its index the mode of the database. One that is there is not opened by the way: closing it
  // again would take the locks that SQLite holds in this process.
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(`PRAGMA busy_timeout=${BUSY_MS}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;`);
    prepareSchema(db, path);
    return db;
  } catch (cause) {
    db?.close();
    throw databaseFailure(path, cause);
  }
}

/** What SQLite said, as an error that says what to do. */
export function databaseFailure(path: string, cause: unknown): unknown {
  const code = Number((cause as { errcode?: unknown }).errcode) & 0xff;
  if (code === SQLITE_FULL) {
    return new UserError('disk-full', `No space left on the disk (${path}).`, {
      cause,
      nextSteps: ['Free some space, and send the request again.'],
    });
  }
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB ? damaged(path, cause) : cause;
}

function prepareSchema(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE');
  const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
  if (version === 0) db.exec(`${SCHEMA} PRAGMA user_version=${SCHEMA_VERSION}`);
  db.exec('COMMIT');
  if (version !== 0 && version !== SCHEMA_VERSION) throw damaged(path, new Error(`format ${version} is not known`));
}

function damaged(path: string, cause: unknown): UserError {
  return new UserError('state-damaged', `${path} can't be read: ${(cause as Error).message}`, {
    cause,
    nextSteps: [
      'Put the file back from a backup, with those beside it whose names end in -wal and -shm.',
      'Or move them away: requests that wait for the chain are lost then, and have to be made again.',
    ],
  });
}
