import { Args, Flags } from '@oclif/core';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { namedRegion, REGION_ARGS, REGION_FLAGS } from './common.ts';

export default class RegionFailover extends LogosCommand {
  static override description = `have what a lost server did done by others

Its guests are rebuilt out of the buffer that each class keeps: from their
image, or on their volume. A server that still answers is made to stop first.
Of one that does not, you are asked whether it is off: cut off merely, it
would run its guests a second time. --yes does not answer that; --powered-off
does. Refused while another server reaches it.
With --back, a server that is there again takes guests once more.`;

  static override examples = [
    '<%= config.bin %> region failover berlin.yaml s4',
    '<%= config.bin %> region failover berlin.yaml s4 --back',
    '<%= config.bin %> region failover berlin.yaml s4 --powered-off --yes --json',
  ];

  static override args = {
    ...REGION_ARGS,
    server: Args.string({ description: "the server's name", required: true }),
  };

  static override flags = {
    ...REGION_FLAGS,
    back: Flags.boolean({ description: 'it is back', default: false }),
    'powered-off': Flags.boolean({ description: 'it has no power, seen by you', default: false, exclusive: ['back'] }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionFailover);
    const { failover } = await import('../../region/index.ts');
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    const { server } = args;
    const agree = async (answers: boolean): Promise<void> => {
      if (!answers && flags['powered-off']) return;
      if (!answers && !flags.back && flags.yes) throw notSaid(server);
      const off = answers
        ? `${server} answers. End its guests there?`
        : `${server} does not answer. Is it off for certain?`;
      await this.confirm(flags.back ? `Have ${server} take guests again?` : off, flags.yes);
    };
    const work = { ...options, progress: this.progress, signal: this.abort.signal };
    const result = await failover(work, server, { back: flags.back, agree });
    for (const { name, host, why, seconds } of result.guests)
      this.say(host ? `${name}: on ${host} after ${seconds} s` : `${name}: runs nowhere: ${why}`);
    if (result.guests.length === 0) this.say(`${server}: no guest was to be moved.`);
    return { region: region.definition.name, back: flags.back, ...result };
  }
}

/** Nobody may have read the question: `--yes` alone must not have a guest run twice. */
function notSaid(server: string): UserError {
  return new UserError('region-server-silent', `${server} does not answer: is it off, or only cut off?`, {
    exitCode: ExitCode.usage,
    nextSteps: [`Switch ${server} off, see that it is, and say so with --powered-off. Nothing was changed.`],
  });
}
