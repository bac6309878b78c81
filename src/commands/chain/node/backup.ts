import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainNodeBackup extends LogosCommand {
  static override description = `copy the native node's keys and its chain specification

What is copied signs in the validator's name, so keep it safe.`;

  static override examples = ['<%= config.bin %> chain node backup --to /media/safe/node'];

  static override flags = {
    to: Flags.string({ description: 'directory to make', required: true }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeBackup);
    const { backUpNode, nodeSettings } = await import('../../../service/index.ts');
    const target = resolve(flags.to);
    const copied = await backUpNode(await nodeSettings(this.home), target);
    for (const path of copied) this.say(`${target}/${path}`);
    return { target, copied };
  }
}
