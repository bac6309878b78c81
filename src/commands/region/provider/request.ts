import { writeFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class RegionProviderRequest extends LogosCommand {
  static override description = `on a provider's machine: ask to join a region

Makes the machine's keys, which stay on it, and writes what the region has to
know: their public halves. The region answers with \`region provider add\`.`;

  static override examples = ['<%= config.bin %> region provider request home-1.json --name home-1'];

  static override args = { file: Args.string({ description: 'where the request is written', required: true }) };

  static override flags = {
    name: Flags.string({ description: 'the name of the machine in the region', required: true }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionProviderRequest);
    const { parseRequest, requestOf } = await import('../../../region/index.ts');
    const text = `${JSON.stringify(await requestOf(flags.name), null, 2)}\n`;
    const request = parseRequest(text);
    await writeFile(args.file, text);
    this.say(`Give ${args.file} to the region's operators; nothing in it is secret.`);
    return { request: args.file, name: request.name, tunnelKey: request.tunnelKey };
  }
}
