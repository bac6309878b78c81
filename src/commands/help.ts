import { Args, Help } from '@oclif/core';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

export default class HelpCommand extends LogosCommand {
  static override description = 'Show what a command does, its flags and examples';
  static override examples = ['<%= config.bin %> help', '<%= config.bin %> help dvm list'];
  static override args = { command: Args.string({ description: 'the command to explain' }) };
  static override strict = false;

  async execute(): Promise<Detail | undefined> {
    const { argv, flags } = await this.parse(HelpCommand);
    const words = argv.map(String);
    if (flags.json) return { commands: this.listed(words) };
    await new Help(this.config, { all: false }).showHelp(words);
    return undefined;
  }

  /** For scripts: the commands below the given words. */
  private listed(words: readonly string[]): Detail[] {
    const prefix = words.join(':');
    return this.config.commands
      .filter(({ id, hidden }) => !hidden && (prefix === '' || id === prefix || id.startsWith(`${prefix}:`)))
      .map(({ id, description }) => ({ command: id.replaceAll(':', ' '), description }));
  }
}
