import type { Exec } from '../../system/exec.ts';
import type { Journal, Undoers } from '../../system/journal.ts';
import { aptFailure, aptGet } from './apt.ts';
import { installedPackages, parseSimulatedPurge } from './dpkg.ts';
import { withoutServiceStarts } from './services.ts';

export interface PackageUndoOptions {
  exec: Exec;
  journal: Journal;
  /** Remove the packages that this program installed. Default: they are kept and named. */
  purge?: boolean;
  /** Told once about packages that stay, and why. */
  onKept?: (names: readonly string[], why: string) => void;
  policyFile?: string;
}

/**
 * Undoes kind `package`. The first package met deals with all that the journal names, in one `apt-get purge`; one that
 * somebody else's package has come to need since is kept and named, so that nothing is removed that the journal does not name.
 */
export function packageUndoers(options: PackageUndoOptions): Undoers {
  let dealtWith: Promise<void> | undefined;
  return {
    package: () => {
      dealtWith ??= undoPackages(options);
      return dealtWith;
    },
  };
}

async function undoPackages({
  exec,
  journal,
  purge,
  onKept = () => {},
  policyFile,
}: PackageUndoOptions): Promise<void> {
  const changes = (await journal.pending()).filter((change) => change.kind === 'package');
  const named = changes.map((change) => change.target);
  const installed = await installedPackages(exec, named);
  const ours = named.filter((name) => installed.has(name));
  if (ours.length === 0) return;
  if (!purge) {
    onKept(ours, 'packages are kept; remove them with --purge');
    return;
  }
  try {
    const removable = await removableOf(exec, ours);
    const needed = ours.filter((name) => !removable.includes(name));
    if (needed.length > 0) onKept(needed, 'other packages need them now');
    if (removable.length === 0) return;
    await withoutServiceStarts(journal, () => aptGet(exec, ['purge', ...removable]), policyFile);
  } catch (error) {
    throw aptFailure(error, ours);
  }
}

/** The largest part of `names` whose removal takes nothing else with it. */
async function removableOf(exec: Exec, names: readonly string[]): Promise<string[]> {
  const allowed = new Set(names);
  const alone = async (set: readonly string[]): Promise<boolean> =>
    set.length === 0 ||
    parseSimulatedPurge((await aptGet(exec, ['-s', 'purge', ...set])).stdout).every((name) => allowed.has(name));
  if (await alone(names)) return [...names];
  const kept: string[] = [];
  for (const name of names) {
    if (await alone([name])) kept.push(name);
  }
  // Each alone is harmless; together they may be both halves of an alternative that another package depends on.
  return (await alone(kept)) ? kept : [];
}
