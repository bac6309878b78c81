import { Args } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class GatekeeperRequestsTrace extends LogosCommand {
  static override description = `show the way of one request through every stage, with times

From who asked, through access, validate, translate and execute to the block;
then the operation that it opened: the chain's word, the claim, the run on
this host and the report.`;

  static override examples = [
    '<%= config.bin %> gatekeeper requests trace 3f9a01bc',
    '<%= config.bin %> gatekeeper requests trace 3f9a01bc --json',
  ];

  static override args = { id: Args.string({ required: true, description: 'its id, or the beginning of it' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(GatekeeperRequestsTrace);
    const { describeTrace, readTrail, traceOf } = await import('../../../gatekeeper/index.ts');
    const trace = traceOf(await readTrail(this.home, args.id));
    this.say(describeTrace(trace));
    return { trace: JSON.parse(JSON.stringify(trace)) as Detail };
  }
}
