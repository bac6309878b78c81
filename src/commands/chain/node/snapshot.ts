import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainNodeSnapshot extends LogosCommand {
  static override description = `pack the native node's database into a file, without keys

A node that runs is stopped for it and started again.`;

  static override examples = ['<%= config.bin %> chain node snapshot --to chain.tar.gz'];

  static override flags = {
    to: Flags.string({ description: 'file to make', required: true }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeSnapshot);
    const { nodeSettings, snapshotNode } = await import('../../../service/index.ts');
    const { localExec } = await import('../../../system/exec.ts');
    const file = resolve(flags.to);
    await snapshotNode(this.home, await nodeSettings(this.home), file, localExec);
    this.say(`${file} holds the database.`);
    return { file };
  }
}
