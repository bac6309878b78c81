import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ShimRemove extends LogosCommand {
  static override description = 'have native tools no longer go through the gatekeeper';
  static override examples = ['<%= config.bin %> shim remove kubeadm'];
  static override strict = false;
  static override args = {
    tool: Args.string({ required: true, description: 'the tools, by the names they are called by' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { argv } = await this.parse(ShimRemove);
    const { removeShims } = await import('../../service/index.ts');
    const shims = await removeShims(this.home, argv as string[]);
    for (const { path, state } of shims) this.say(`${path} ${state === 'removed' ? 'is removed' : 'was not there'}.`);
    return { shims: shims.map((shim) => ({ ...shim })) };
  }
}
