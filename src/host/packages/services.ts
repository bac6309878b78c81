import { fileUndoers, writeFileJournalled } from '../../system/changes.ts';
import type { Journal } from '../../system/journal.ts';

export const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** Debian's invoke-rc.d asks this program before it starts a service; 101 is "not allowed" (policy-rc.d specification). */
const DENY_ALL = '#!/bin/sh\n# Written by logos while it installs packages; put back as it was afterwards.\nexit 101\n';

/**
 * Runs `work` while no package can start a service, and puts the owner's policy back exactly, also after a failure. A run
 * that is killed leaves the change in the journal: the next one, or `logos reset`, puts it back.
 */
export async function withoutServiceStarts<T>(
  journal: Journal,
  work: () => Promise<T>,
  path = POLICY_FILE,
): Promise<T> {
  await writeFileJournalled(journal, path, DENY_ALL, 0o755);
  try {
    return await work();
  } finally {
    await journal.undo(fileUndoers, (change) => change.kind === 'file' && change.target === path);
  }
}
