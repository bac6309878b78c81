import { readFile, writeFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';
import { namedRegion, REGION_ARGS, REGION_FLAGS } from '../common.ts';

export default class RegionProviderAdd extends LogosCommand {
  static override description = `have a region take a provider's machine

Sets up the hub of the tunnels and a compute for the machine on the first
controller, and writes what the machine has to be told.`;

  static override examples = [
    '<%= config.bin %> region provider add berlin.yaml home-1.json --answer answer.json',
    '<%= config.bin %> region provider add berlin.yaml home-1.json --dry-run --json',
  ];

  static override args = {
    ...REGION_ARGS,
    request: Args.string({ description: "file of the machine's request", required: true }),
  };

  static override flags = {
    ...REGION_FLAGS,
    answer: Flags.string({ description: 'where the answer is written', default: 'answer.json' }),
    class: Flags.string({ description: "class of its guests (default: the region's first)" }),
    account: Flags.string({ description: "the machine's account on chain" }),
    endpoint: Flags.string({ description: 'HOST:PORT of the hub from outside (default: its own)' }),
    'dry-run': Flags.boolean({ description: 'show what it would change, and change nothing', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionProviderAdd);
    const { addProvider, parseRequest } = await import('../../../region/index.ts');
    const request = parseRequest(await readFile(args.request, 'utf8'));
    const { region, options } = await namedRegion(this.home, args.definition, flags);
    const dryRun = flags['dry-run'];
    if (!dryRun) await this.confirm(`Have ${region.definition.name} take ${request.name}?`, flags.yes);
    const { class: named, account, endpoint } = flags;
    const { changed, answer } = await addProvider(
      { ...options, progress: this.progress, signal: this.abort.signal },
      request,
      { class: named, account, endpoint, dryRun },
    );
    if (answer !== undefined) await writeFile(flags.answer, `${JSON.stringify(answer, null, 2)}\n`);
    this.say(dryRun ? `${changed} tasks would change something.` : `Give ${flags.answer} to ${request.name}.`);
    const told = answer && { answer: flags.answer, address: answer.address };
    return { region: region.definition.name, name: request.name, dryRun, changed, ...told };
  }
}
