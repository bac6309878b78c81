import { Flags } from '@oclif/core';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

export default class Prove extends LogosCommand {
  static override description = `let the region check that this machine is what it claims

The region asks at random times: for chains of hashes (CPU), and with --disk
for reads of a file that fills that much of the disk (removed in the end).
What it finds counts for the class. Runs until Ctrl-C (docs/classes.md).`;
  static override examples = [
    '<%= config.bin %> prove --region 10.8.0.1:7845',
    '<%= config.bin %> prove --region 10.8.0.1:7845 --disk 4096',
  ];
  static override flags = {
    region: Flags.string({ description: "address of the region's examiner", helpValue: 'HOST:PORT', required: true }),
    disk: Flags.integer({ description: 'offer this much disk, and prove it', helpValue: 'MIB', min: 0, default: 0 }),
    directory: Flags.directory({ description: 'where that disk is; LOGOS_HOME if not given', helpValue: 'DIRECTORY' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(Prove);
    const at = /^(?<host>.+):(?<port>\d{1,5})$/.exec(flags.region)?.groups;
    if (at?.host === undefined) {
      throw new UserError('wrong-usage', `${flags.region} is no address.`, {
        exitCode: ExitCode.usage,
        nextSteps: ['Give host and port, such as 10.8.0.1:7845.'],
      });
    }
    const { proveToRegion } = await import('../service/index.ts');
    await proveToRegion({
      home: this.home,
      host: at.host,
      port: Number(at.port),
      directory: flags.directory ?? this.home.root,
      diskMiB: flags.disk,
      signal: this.abort.signal,
      onText: (message) => this.progress({ event: 'note', message }),
    });
    return undefined;
  }
}
