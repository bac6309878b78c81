import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmConsole extends LogosCommand {
  static override description = 'talk to a DVM on its serial console; Ctrl-] ends it';
  static override examples = [
    '<%= config.bin %> dvm console admission',
    'echo uptime | <%= config.bin %> dvm console admission',
  ];
  static override args = { name: Args.string({ required: true, description: 'name of the DVM' }) };
  static override flags = {
    force: Flags.boolean({ description: 'take the console from whoever has it' }),
    linger: Flags.integer({
      description: 'without a terminal: seconds of silence to wait after the input has ended',
      default: 2,
      min: 0,
      max: 3600,
    }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DvmConsole);
    const { interactiveConsole, openConsole, pipedConsole, withLibvirt } = await import('../../hypervisor/index.ts');
    const { signal } = this.abort;
    await withLibvirt(this.home, async (libvirt) => {
      const console = await openConsole(libvirt, args.name, { force: flags.force });
      if (process.stdin.isTTY && process.stdout.isTTY && !flags.json) {
        this.say(`Connected to ${args.name}; Ctrl-] ends it.`);
        await interactiveConsole(console, process, signal);
        this.say('');
      } else {
        const print = (line: string): void => {
          this.say(line);
          // Only scripts want each line as an event; `say` is silent for them.
          if (flags.json) this.progress({ event: 'note', message: line });
        };
        await pipedConsole(console, process.stdin, print, { lingerMs: flags.linger * 1000, signal });
      }
    });
    signal.throwIfAborted();
    return { name: args.name };
  }
}
