import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { note } from '../report.ts';
import { inSession, play, type RegionOptions } from '../session.ts';
import { type BackupManifest, packBackup, sha256Of } from './archive.ts';
import { seal } from './seal.ts';

export interface BackupResult {
  readonly file: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  readonly sealed: boolean;
  readonly manifest: BackupManifest;
}

/**
 * Backs a region up into one file: databases at one moment, OVN's northbound database, rings and keys from the first controller; the
 * secrets and the CA from this machine. Volumes, objects and images stay on their servers. Without a passphrase it is not sealed.
 */
export function backupRegion(options: RegionOptions, file: string, passphrase?: string): Promise<BackupResult> {
  return inSession(options, async (session) => {
    const { definition } = options;
    const { paths } = session;
    const fetched = join(paths.kept, 'backup');
    const work = await mkdtemp(join(paths.root, 'backup-'));
    try {
      await rm(fetched, { recursive: true, force: true });
      await mkdir(fetched, { mode: 0o700 });
      // Its tasks are told under the phase whose work they save.
      await play(session, 'database', 'ops/backup.yml');
      const content = join(work, 'content');
      await mkdir(join(content, 'operator'), { recursive: true, mode: 0o700 });
      await rename(fetched, join(content, 'servers'));
      for (const [name, path] of [
        ['secrets.json', paths.secrets],
        ['state.json', paths.state],
        ['kept', paths.kept],
      ] as const)
        await cp(path, join(content, 'operator', name), { recursive: true });
      await writeFile(join(content, 'definition.json'), JSON.stringify(definition, null, 2), { mode: 0o600 });
      const archive = join(work, 'backup.tar');
      const told = { region: definition.name, version: definition.version, at: new Date().toISOString() };
      const manifest = await packBackup(content, archive, told);
      note(options.progress, 'database', `${Object.keys(manifest.files).length} files`, {});
      if (passphrase === undefined) await cp(archive, file, { force: false, errorOnExist: true });
      else await seal(archive, file, passphrase);
      return { file, sha256: await sha256Of(file), sealed: passphrase !== undefined, manifest };
    } finally {
      await rm(work, { recursive: true, force: true });
      await rm(fetched, { recursive: true, force: true });
    }
  });
}
