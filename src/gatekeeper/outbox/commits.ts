import type { DatabaseSync } from 'node:sqlite';

interface Change {
  readonly make: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Changes of a database that are asked for in the same turn of the event loop share one transaction and one sync. */
export class GroupCommits {
  readonly #db: DatabaseSync;
  #waiting: Change[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Resolves when the change is on disk; rejects, and it was not made, with what SQLite says. */
  add(make: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Makes what waits, now. */
  flush(): void {
    const changes = this.#waiting;
    this.#waiting = [];
    if (changes.length === 0) return;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        for (const { make } of changes) make();
        this.#db.exec('COMMIT');
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      for (const { reject } of changes) reject(error);
      return;
    }
    for (const { resolve } of changes) resolve();
  }
}
