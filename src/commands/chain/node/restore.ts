import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainNodeRestore extends LogosCommand {
  static override description = `Put a node's keys and specification back from a backup.

With --snapshot its database too. Never run the same keys on two nodes: they
would sign two blocks for one slot, and the stake behind them is slashed.`;

  static override examples = [
    '<%= config.bin %> chain node restore --from /media/safe/node',
    '<%= config.bin %> chain node restore --from /media/safe/node \\\n    --snapshot chain.tar.gz --base-path /srv/logos --yes',
  ];

  static override flags = {
    from: Flags.string({ description: 'directory that `chain node backup` made', required: true }),
    snapshot: Flags.string({ description: 'file that `chain node snapshot` made; takes the place of the database' }),
    'base-path': Flags.string({ description: "the node's directory (default: as at its last start)" }),
    'dry-run': Flags.boolean({ description: 'show the plan and change nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeRestore);
    const { nodeDirectory, planRestore, restoreNode } = await import('../../../service/index.ts');
    const { localExec } = await import('../../../system/exec.ts');
    const options = {
      backup: resolve(flags.from),
      snapshot: flags.snapshot === undefined ? undefined : resolve(flags.snapshot),
      directory: await nodeDirectory(this.home, flags['base-path']),
    };
    const plan = await planRestore(this.home, options, localExec);
    const { chain, directory, files, sessionKeys, snapshot } = plan;
    this.say(
      `a node of ${chain.name} in ${directory}: its specification, its network key, ${sessionKeys} session keys`,
    );
    for (const file of files) this.say(`  ${file}`);
    if (snapshot)
      this.say(`the database from ${snapshot.file}${snapshot.replaces ? ', in place of the one there' : ''}`);
    if (flags['dry-run']) return { plan };
    await this.confirm('Does no other node use these keys, and is this to be put back?', flags.yes);
    await restoreNode(options, plan, localExec);
    this.say('Done. Start it with `logos chain node start`, with --role and --base-path as it was.');
    return { plan };
  }
}
