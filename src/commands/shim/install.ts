import { Args } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ShimInstall extends LogosCommand {
  static override description = `have native tools go through the gatekeeper

Puts a wrapper of each tool's name into LOGOS_HOME/shims. With that directory
first in PATH, people and scripts use the tools as before, and each command
becomes a request.`;
  static override examples = [
    '<%= config.bin %> shim install kubeadm',
    '<%= config.bin %> shim install kubeadm ansible-playbook tofu openstack virsh',
  ];
  static override strict = false;
  static override args = {
    tool: Args.string({ required: true, description: 'the tools, by the names they are called by' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { argv } = await this.parse(ShimInstall);
    const { installShims, shimDirectory } = await import('../../service/index.ts');
    const { ownCommand } = await import('../../system/process.ts');
    const shims = await installShims(this.home, argv as string[], ownCommand());
    for (const { path, state } of shims) this.say(`${path} ${state === 'made' ? 'is made' : 'was there already'}.`);
    this.say(`Now put it first: export PATH=${shimDirectory(this.home)}:$PATH`);
    return { directory: shimDirectory(this.home), shims: shims.map((shim) => ({ ...shim })) };
  }
}
