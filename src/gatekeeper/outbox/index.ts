import { join } from 'node:path';
import type { NativeRequest, Scope } from '../request.ts';
import { GroupCommits } from './commits.ts';
import { databaseFailure, openOutboxDatabase } from './database.ts';
import { readOldOutbox, removeOldOutbox } from './files.ts';
import { readWaiting, writeWaiting } from './waiting.ts';

/**
 * Requests that were admitted and whose end is not known: each is on disk before it is sent, and gone after it is settled.
 * What is kept is the native request, so that one sent again passes every stage again.
 */
export interface Outbox {
  /** Resolves when the request is on disk. */
  put(request: NativeRequest, now: number): Promise<void>;
  remove(id: string): Promise<void>;
  has(id: string): boolean;
  readonly size: number;
  /** Waiting requests of one account and chain, oldest first. */
  waiting(scope: Scope): Promise<NativeRequest[]>;
  /** Writes what is not on disk yet, and closes the database. */
  close(): void;
}

/**
 * Opens the outbox below `directory`, and takes over what waits in the files that it was before.
 * Throws UserError `state-damaged` or `disk-full`.
 */
export async function openOutbox(directory: string): Promise<Outbox> {
  const path = join(directory, 'outbox.sqlite');
  const old = join(directory, 'outbox');
  const before = await readOldOutbox(old);
  const db = openOutboxDatabase(path);
  const commits = new GroupCommits(db);
  const insert = db.prepare('INSERT OR IGNORE INTO waiting (id, account, genesis, request) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM waiting WHERE id = ?');
  const setAside = db.prepare('INSERT INTO damaged (id, request) SELECT id, request FROM waiting WHERE id = ?');
  const select = db.prepare('SELECT id, request FROM waiting WHERE account = ? AND genesis = ? ORDER BY number');
  const ids = new Set<string>();
  /** Those whose row is not on disk yet. */
  const writing = new Map<string, Promise<void>>();

  const commit = (change: () => void): Promise<void> =>
    commits.add(change).catch((cause: unknown) => {
      throw databaseFailure(path, cause);
    });

  const enter = ({ id, scope }: NativeRequest, text: string): Promise<void> =>
    commit(() => insert.run(id, scope.account, scope.genesis, text));

  await Promise.all(
    before.flatMap(({ id, text }) => {
      const kept = readWaiting(id, text);
      return kept === undefined ? [] : [enter(kept.request, text)];
    }),
  );
  await removeOldOutbox(old, before);
  for (const { id } of db.prepare('SELECT id FROM waiting').all()) ids.add(String(id));

  return {
    get size() {
      return ids.size;
    },
    has: (id) => ids.has(id),
    async put(request, now) {
      const { id } = request;
      if (ids.has(id)) return writing.get(id);
      ids.add(id);
      const written = enter(request, writeWaiting(request, now)).finally(() => writing.delete(id));
      writing.set(id, written);
      await written.catch((error: unknown) => {
        ids.delete(id);
        throw error;
      });
    },
    async remove(id) {
      await commit(() => remove.run(id));
      ids.delete(id);
    },
    async waiting({ account, genesis }) {
      const found: NativeRequest[] = [];
      for (const { id, request: text } of select.all(account, genesis)) {
        const request = readWaiting(String(id), String(text))?.request;
        if (request?.scope.account === account && request.scope.genesis === genesis) {
          found.push(request);
          continue;
        }
        // Its content is not what its id says. It is never sent, and kept aside for whoever looks into it.
        await commit(() => {
          setAside.run(String(id));
          remove.run(String(id));
        });
        ids.delete(String(id));
      }
      return found;
    },
    close() {
      commits.flush();
      db.close();
    },
  };
}
