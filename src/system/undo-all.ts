import { type Change, type Journal, LaterEdit, type Undoers } from './journal.ts';

export interface UndoAllOptions {
  readonly undoers: Undoers;
  select(change: Change): boolean;
  /** Kinds that come before all others, and without which nothing else is undone. */
  readonly first: ReadonlySet<string>;
  /** Kinds that make others felt, such as a reload: done each time, and over only once nothing failed. */
  readonly last: ReadonlySet<string>;
  /** Also undo what somebody else has changed since. */
  readonly overwrite: boolean;
}

export interface UndoneAll {
  readonly undone: readonly Change[];
  /** What somebody else changed since, and stays. */
  readonly kept: readonly { readonly change: Change; readonly reason: string }[];
  readonly failed: readonly { readonly change: Change; readonly error: unknown }[];
}

/**
 * Undoes pending changes, newest first, and goes on after one that can't be undone: it stays in the journal, for the next
 * time. Throws as `journal.toUndo` does, and what one of the `first` kinds throws.
 */
export async function undoAll(journal: Journal, options: UndoAllOptions): Promise<UndoneAll> {
  const { undoers, first, last, overwrite } = options;
  const changes = await journal.toUndo(undoers, options.select);
  const undone: Change[] = [];
  const kept: { change: Change; reason: string }[] = [];
  const failed: { change: Change; error: unknown }[] = [];
  const undo = async (change: Change): Promise<boolean> => {
    try {
      await undoers[change.kind]?.(change, { overwrite });
      return true;
    } catch (error) {
      if (!(error instanceof LaterEdit)) throw error;
      kept.push({ change, reason: error.message });
      return error.settled;
    }
  };
  for (const change of changes.filter(({ kind }) => first.has(kind))) {
    if (!(await undo(change))) continue;
    undone.push(change);
    await journal.markUndone(change.id);
  }
  for (const change of changes.filter(({ kind }) => !first.has(kind))) {
    try {
      if (!(await undo(change)) || (failed.length > 0 && last.has(change.kind))) continue;
      undone.push(change);
      // A full disk takes no marks, and keeps nothing else from being undone.
      await journal.markUndone(change.id);
    } catch (error) {
      failed.push({ change, error });
    }
  }
  return { undone, kept, failed };
}
