import { Args } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class GatekeeperRequestsShow extends LogosCommand {
  static override description = `show one request: who asked for what, and how each attempt ended

What it said is shown as it came in; arguments may be secret.`;

  static override examples = ['<%= config.bin %> gatekeeper requests show 3f9a01bc'];

  static override args = { id: Args.string({ required: true, description: 'its id, or the beginning of it' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(GatekeeperRequestsShow);
    const { describeRequests, readTrail } = await import('../../../gatekeeper/index.ts');
    const { attempts } = await readTrail(this.home, args.id);
    const records = attempts.map(({ request: _, ...record }) => record);
    const [{ id, kind, request }] = attempts;
    this.say(`${kind} ${id}`);
    if (request !== undefined) {
      this.say(`From: ${JSON.stringify(request.origin)}`);
      this.say(`Says: ${JSON.stringify(request.payload)}`);
    }
    this.say(describeRequests(records));
    for (const { reason } of records) if (reason !== undefined) this.say(`  ${reason}`);
    return { id, kind, request: request ?? null, attempts: records };
  }
}
