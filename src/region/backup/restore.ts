import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExitCode, UserError } from '../../system/errors.ts';
import { changedTasks } from '../events.ts';
import { inSession, play, type RegionOptions } from '../session.ts';
import { type BackupManifest, sha256Of, unpackBackup } from './archive.ts';
import { isSealed, unseal } from './seal.ts';

/** A backup that was opened and compared with its list; close it in the end. */
export interface OpenBackup {
  readonly manifest: BackupManifest;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly directory: string;
  close(): Promise<void>;
}

/**
 * Opens a backup. Throws UserError `region-backup-passphrase` and `region-backup-damaged` (exit code 3), also where the file is not
 * the one whose `sha256` is given.
 */
export async function openBackup(
  file: string,
  { passphrase, sha256 }: { passphrase?: string; sha256?: string },
): Promise<OpenBackup> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-restore-'));
  const close = () => rm(directory, { recursive: true, force: true });
  try {
    const found = await sha256Of(file);
    if (sha256 !== undefined && sha256 !== found) {
      throw new UserError('region-backup-damaged', `${file} has the SHA-256 ${found}, and not the one given.`, {
        exitCode: ExitCode.refused,
        nextSteps: ['Take another copy of it; nothing was changed.'],
      });
    }
    let archive = file;
    if (await isSealed(file)) {
      archive = join(directory, 'backup.tar');
      await unseal(file, archive, passphrase ?? '');
    }
    const content = join(directory, 'content');
    await mkdir(content, { mode: 0o700 });
    const manifest = await unpackBackup(archive, content);
    return { manifest, sha256: found, directory: content, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Throws UserError `region-backup-other` (exit code 3) unless the backup is of this region. */
export function refuseOtherBackup({ region }: Pick<BackupManifest, 'region'>, name: string): void {
  if (region === name) return;
  throw new UserError('region-backup-other', `The backup is of the region ${region}, and not of ${name}.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Name a backup of this region; nothing was changed.'],
  });
}

/**
 * Lays a backup's databases down, or `only` one of them; the API stands still meanwhile. Gives how many tasks changed something.
 */
export function restoreRegion(
  options: RegionOptions,
  { directory }: Pick<OpenBackup, 'directory'>,
  only?: string,
): Promise<number> {
  return inSession(options, async (session) => {
    const handed = join(session.paths.kept, 'backup');
    try {
      await cp(join(directory, 'servers'), handed, { recursive: true });
      await writeFile(join(handed, 'only'), only ?? '');
      return changedTasks(await play(session, 'database', 'ops/restore.yml'));
    } finally {
      await rm(handed, { recursive: true, force: true });
    }
  });
}
