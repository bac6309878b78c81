import type { Undoers } from '../system/journal.ts';
import { deviceUndoers } from './checks/fix.ts';
import { type PackageUndoOptions, packageUndoers } from './packages/undo.ts';

export type HostUndoOptions = PackageUndoOptions;

/** Undoes what this room changed: kinds `package` (kept and named unless `purge` is asked for) and `device-access`. */
export function hostUndoers(options: HostUndoOptions): Undoers {
  return { ...packageUndoers(options), ...deviceUndoers };
}
