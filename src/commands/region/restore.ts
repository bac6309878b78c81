import { Args, Flags } from '@oclif/core';
import type { OpenBackup } from '../../region/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { BACKUP_FLAGS, databaseName, namedRegion, passphraseFrom, REGION_ARGS, REGION_FLAGS } from './common.ts';

export default class RegionRestore extends LogosCommand {
  static override description = `lay a backup's databases down in a region

Opens the backup, compares every file in it with its list, shows what will be
done and asks. Then the API stands still, the databases become what they were,
and the API answers again. What was made since is forgotten: guests and
volumes that the databases no longer know go on running, unmanaged.`;

  static override examples = [
    '<%= config.bin %> region restore berlin.yaml berlin.backup \\\n  --passphrase-file passphrase',
    '<%= config.bin %> region restore berlin.yaml berlin.tar --sha256 4c1f… --yes',
  ];

  static override args = {
    ...REGION_ARGS,
    file: Args.string({ description: 'the backup', required: true }),
  };

  static override flags = {
    ...REGION_FLAGS,
    'passphrase-file': BACKUP_FLAGS['passphrase-file'],
    database: Flags.string({ description: 'this one alone, such as keystone', parse: databaseName }),
    sha256: Flags.string({ description: 'what the file must have' }),
    unpack: Flags.string({ description: 'only unpack it into this new directory, secrets too' }),
    'dry-run': Flags.boolean({ description: 'open and compare it, and change nothing', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionRestore);
    const { isSealedBackup, openBackup, refuseOtherBackup, restoreRegion } = await import('../../region/index.ts');
    const sealed = await isSealedBackup(args.file);
    const passphrase = sealed ? await passphraseFrom(flags['passphrase-file']) : undefined;
    const backup = await openBackup(args.file, { passphrase, sha256: flags.sha256 });
    try {
      if (flags.unpack !== undefined) return await this.#unpack(backup, flags.unpack);
      const { region, options } = await namedRegion(this.home, args.definition, flags);
      const { name } = region.definition;
      const { manifest, sha256 } = backup;
      refuseOtherBackup(manifest, name);
      this.say(`${args.file}: ${name} ${manifest.version} at ${manifest.at}, ${sealed ? 'sealed' : 'not sealed'}`);
      this.say(`- the API of ${name} stands still`);
      const what =
        flags.database === undefined
          ? 'its databases become what they were'
          : `its database ${flags.database} becomes what it was`;
      this.say(`- ${what} (${manifest.files['servers/databases.sql.gz']?.bytes} bytes)`);
      this.say('- the API answers again');
      const told = { region: name, sha256, at: manifest.at, version: manifest.version, dryRun: flags['dry-run'] };
      if (flags['dry-run']) return { ...told, changed: 0 };
      await this.confirm('Forget what was made since?', flags.yes);
      const asked = { ...options, progress: this.progress, signal: this.abort.signal };
      const changed = await restoreRegion(asked, backup, flags.database);
      this.say(`${name}: ${what}, at ${manifest.at}.`);
      return { ...told, changed };
    } finally {
      await backup.close();
    }
  }

  /** For a lost operator's machine: what was in its directory of the region, and what the servers gave. */
  async #unpack({ directory, manifest, sha256 }: OpenBackup, to: string): Promise<Detail> {
    const { cp, mkdir } = await import('node:fs/promises');
    await mkdir(to, { mode: 0o700 });
    await cp(directory, to, { recursive: true });
    this.say(`${to}: ${Object.keys(manifest.files).length} files`);
    const { region, at, version } = manifest;
    return { region, sha256, at, version, dryRun: true, changed: 0 };
  }
}
