import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { BACKUP_FLAGS, namedRegion, passphraseFrom, REGION_ARGS, REGION_FLAGS } from './common.ts';

export default class RegionBackup extends LogosCommand {
  static override description = `back a region up into one file

Takes the databases as they are at one moment, OVN's northbound database, the
rings and keys of the servers, and from this machine the region's secrets and
its CA. Volumes, objects and images stay where they are. The file is sealed
with a passphrase (AES-256-GCM), from --passphrase-file or
LOGOS_BACKUP_PASSPHRASE; --plain leaves that out, and whoever reads the file
then has the region.`;

  static override examples = [
    '<%= config.bin %> region backup berlin.yaml berlin.backup \\\n  --passphrase-file passphrase',
    '<%= config.bin %> region backup berlin.yaml berlin.tar --plain --json',
  ];

  static override args = {
    ...REGION_ARGS,
    file: Args.string({ description: 'file to write; none is overwritten', required: true }),
  };

  static override flags = { ...REGION_FLAGS, ...BACKUP_FLAGS };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionBackup);
    const { backupRegion } = await import('../../region/index.ts');
    const passphrase = flags.plain ? undefined : await passphraseFrom(flags['passphrase-file']);
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    const result = await backupRegion(
      { ...options, progress: this.progress, signal: this.abort.signal },
      resolve(args.file),
      passphrase,
    );
    const { file, sha256, sealed, manifest } = result;
    const { files, at } = manifest;
    this.say(`${file}  ${Object.keys(files).length} files, ${sealed ? 'sealed' : 'NOT sealed'}`);
    this.say(`sha256 ${sha256}`);
    return { region: region.definition.name, file, sha256, sealed, at, files };
  }
}
