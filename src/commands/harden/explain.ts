import { Args } from '@oclif/core';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { HardenCommand } from './common.ts';

export default class HardenExplain extends HardenCommand {
  static override description = `Say what a control means for you, and what it leaves alone.

Without a name: all of them.`;
  static override examples = ['<%= config.bin %> harden explain', '<%= config.bin %> harden explain firewall'];
  static override args = { control: Args.string({ description: 'name of a control, such as firewall' }) };
  static override flags = {};

  protected override async execute(): Promise<Detail> {
    const { args } = await this.parse(HardenExplain);
    const { CONTROL_TEXTS } = await import('../../hardening/index.ts');
    const chosen = CONTROL_TEXTS.filter(({ name }) => args.control === undefined || name === args.control);
    if (chosen.length === 0) {
      throw new UserError('control-unknown', `There is no control ${args.control}.`, {
        exitCode: ExitCode.usage,
        nextSteps: [`Name one of: ${CONTROL_TEXTS.map(({ name }) => name).join(', ')}.`],
      });
    }
    for (const { name, title, owner, leaves } of chosen) {
      this.say(`${name}: ${title}\n  For you: ${owner}\n  Left alone: ${leaves}\n`);
    }
    const controls = chosen.map(({ name, title, owner, leaves }) => ({ name, title, owner, leaves }));
    return { controls };
  }
}
