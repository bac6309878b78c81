import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { localExec } from '../../../system/exec.ts';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class RegionProviderAccept extends LogosCommand {
  static override description = `on a provider's machine: do what the region's answer says

Sets up the tunnel to the region's hub, and has libvirt and Open vSwitch take
orders through it, from the region's computes alone. As root.`;

  static override examples = ['<%= config.bin %> region provider accept answer.json --yes'];

  static override args = { file: Args.string({ description: "the region's answer", required: true }) };

  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionProviderAccept);
    const { acceptAnswer, parseAnswer } = await import('../../../region/index.ts');
    const answer = parseAnswer(await readFile(args.file, 'utf8'));
    this.say(
      `Tunnel to ${answer.endpoint} as ${answer.address}; libvirt, Open vSwitch, OVN and guests' files through it.`,
    );
    await this.confirm(`Let ${answer.region} run guests on this machine?`, flags.yes);
    await acceptAnswer(answer, localExec);
    this.say(`${answer.name} is connected. The region goes on with: logos region provider enable`);
    return { region: answer.region, name: answer.name, address: answer.address };
  }
}
