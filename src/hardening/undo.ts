import { join } from 'node:path';
import { fileUndoers } from '../system/changes.ts';
import { ExternalError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { type Change, Journal, type Undoers } from '../system/journal.ts';
import { undoAll } from '../system/undo-all.ts';
import { forgetApplied } from './applied.ts';
import { removeGroup } from './cgroup-remove.ts';
import { controlUndoers } from './control-steps.ts';
import { FELT_LAST } from './controls/registry.ts';
import { type KernelFiles, kernelFiles } from './kernel-files.ts';
import { MODULES, unloadSince } from './kernel-modules.ts';
import { restoreTable, type TableListing } from './nft.ts';
import { HOST_PATHS, type HostPaths, instanceName } from './paths.ts';
import { undoValue } from './values.ts';

const OWN_KINDS: ReadonlySet<string> = new Set([
  ...Object.keys(controlUndoers(localExec, kernelFiles)),
  'sysctl',
  MODULES,
  'nft-table',
  'cgroup',
  'cgroup-controllers',
  'systemd-slice',
  'systemd-reload',
]);

/** How each kind of change of this room is reversed. The slice's file is a `file` of system/changes.ts. */
export function hardeningUndoers(exec: Exec, paths: HostPaths = HOST_PATHS, files: KernelFiles = kernelFiles): Undoers {
  return {
    ...controlUndoers(exec, files),
    sysctl: undoValue(files),
    'nft-table': ({ target, before }) => restoreTable(exec, target, before as TableListing | null),
    [MODULES]: (change) => unloadSince(change, exec, paths, files),
    cgroup: ({ target, before }) => undoGroup(target, before as Record<string, string> | null, files),
    'cgroup-controllers': ({ target, before }) => disable(target, before as string[], files),
    'systemd-slice': async ({ target }) => {
      // 5 is "not loaded": it was never started, or its file is gone already.
      await exec('systemctl', ['stop', target], { accept: [0, 5] });
    },
    'systemd-reload': async () => {
      await exec('systemctl', ['daemon-reload']);
    },
  };
}

/** Whether a change in the journal was made by this room, and belongs to it alone. */
export function isOurs(change: Pick<Change, 'kind' | 'target'>, instance: string, paths: HostPaths): boolean {
  if (OWN_KINDS.has(change.kind)) return true;
  return change.kind === 'file' && change.target === join(paths.systemdUnits, `${instance}.slice`);
}

/** Guests, in their groups: they end while the rules still hold that keep them from this machine. */
const GUESTS: ReadonlySet<string> = new Set(['systemd-slice', 'cgroup']);
/** What makes other changes felt: done once more as long as one of those is left. */
const FELT: ReadonlySet<string> = new Set(['systemd-reload', MODULES, ...FELT_LAST]);

export interface Restored {
  readonly undone: readonly Change[];
  /** What its owner changed since, by name and reason. */
  readonly kept: readonly { readonly change: Change; readonly reason: string }[];
}

/**
 * Puts back everything this room changed, newest first, after what runs within the limits has ended. What its owner changed
 * since stays, unless `overwrite`. Running it twice does no harm.
 * Throws ExternalError `restore-incomplete` once all that can be undone is, and what ending the guests throws before that.
 */
export async function restoreHost(
  home: Home,
  deps: { journal?: Journal; exec: Exec; paths: HostPaths; files?: KernelFiles; overwrite?: boolean },
): Promise<Restored> {
  const journal = deps.journal ?? new Journal(home.journal);
  const instance = instanceName(home.root);
  const { undone, kept, failed } = await undoAll(journal, {
    undoers: { ...fileUndoers, ...hardeningUndoers(deps.exec, deps.paths, deps.files) },
    select: (change) => isOurs(change, instance, deps.paths),
    first: GUESTS,
    last: FELT,
    overwrite: deps.overwrite ?? false,
  });
  await forgetApplied(home);
  if (failed.length > 0) {
    const names = failed.map(({ change }) => `${change.kind} ${change.target}`);
    throw new ExternalError('restore-incomplete', `Not everything could be put back: ${names.join(', ')}.`, {
      lastLines: failed.map(
        ({ change, error }) => `${change.target}: ${error instanceof Error ? error.message : error}`,
      ),
      nextSteps: [
        'Mend what the lines above name, and run `logos harden restore` again: it goes on with what is left.',
      ],
      cause: failed[0]?.error,
    });
  }
  return { undone, kept };
}

async function undoGroup(directory: string, before: Record<string, string> | null, files: KernelFiles): Promise<void> {
  if (!(await files.isDirectory(directory))) return;
  if (before === null) return removeGroup(directory, files);
  for (const [file, value] of Object.entries(before)) await files.write(join(directory, file), value);
}

async function disable(path: string, controllers: readonly string[], files: KernelFiles): Promise<void> {
  const enabled = new Set((await files.read(path))?.split(/\s+/) ?? []);
  for (const name of controllers.filter((controller) => enabled.has(controller))) {
    try {
      await files.write(path, `-${name}`);
    } catch (error) {
      // Another group of the host uses it by now, so it has to stay on.
      if (!isErrno(error, 'EBUSY')) throw error;
    }
  }
}
