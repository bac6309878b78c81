import { chmod, chown, stat } from 'node:fs/promises';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isErrno } from '../../system/files.ts';
import type { Change, Journal, Undoers } from '../../system/journal.ts';
import type { Progress } from '../../system/progress.ts';
import { installPackages } from '../packages/install.ts';
import type { Check, Fix } from './types.ts';

/** The fixes that these checks ask for: data, to be shown and agreed to before anything is done. */
export function planFixes(checks: readonly Check[]): Fix[] {
  return checks.flatMap((check) => (check.severity === 'ok' || !check.fix ? [] : [check.fix]));
}

/**
 * Does what the checks ask for, each change journalled first, and reports through `progress`. Throws UserError
 * `root-needed` without root, and what `installPackages` throws.
 */
export async function applyFixes(
  checks: readonly Check[],
  exec: Exec,
  journal: Journal,
  progress: Progress,
  options: { signal?: AbortSignal; policyFile?: string; uid?: number } = {},
): Promise<void> {
  const fixes = planFixes(checks);
  if (fixes.length === 0) return;
  if ((options.uid ?? process.getuid?.() ?? 0) !== 0) {
    throw new UserError('root-needed', `Only root can do this: ${fixes.map((fix) => fix.description).join('; ')}.`, {
      exitCode: ExitCode.unauthorised,
      nextSteps: ['Run the command with sudo.'],
    });
  }
  const onProgress = (message: string): void => progress({ event: 'note', phase: 'preflight', message });
  const packages = fixes.flatMap((fix) => fix.packages ?? []);
  if (packages.length > 0) await installPackages(packages, { exec, journal, onProgress, ...options });
  for (const { device } of fixes) {
    if (device) await openDevice(device, exec, journal, onProgress);
  }
}

async function openDevice(
  { path, group }: { path: string; group: string },
  exec: Exec,
  journal: Journal,
  onProgress: (text: string) => void,
): Promise<void> {
  const entry = (await exec('getent', ['group', group], { accept: [0, 2] })).stdout;
  const gid = Number(entry.split(':')[2]);
  if (entry === '' || !Number.isInteger(gid)) {
    throw new UserError('group-missing', `There is no group ${group} on this machine.`, {
      nextSteps: ['Install the package libvirt-daemon-system, which makes it.'],
    });
  }
  const before = await stat(path);
  if (!(await journal.find('device-access', path))) {
    await journal.record({
      kind: 'device-access',
      target: path,
      before: { mode: before.mode & 0o7777, uid: before.uid, gid: before.gid },
    });
  }
  await chown(path, before.uid, gid);
  await chmod(path, 0o660);
  onProgress(`the group ${group} may open ${path}`);
}

/** Undoes kind `device-access`. A device that is gone needs nothing. */
export const deviceUndoers: Undoers = {
  'device-access': async (change: Change) => {
    const { mode, uid, gid } = change.before as { mode: number; uid: number; gid: number };
    try {
      await chown(change.target, uid, gid);
      await chmod(change.target, mode);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  },
};
