import { Args } from '@oclif/core';
import { ExitCode } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperReplay extends LogosCommand {
  static override description = `judge a kept request by today's rules, and do nothing by it

Says whether it would end as it did then. The exit code is 3 where today's
rules refuse it.`;

  static override examples = [
    '<%= config.bin %> gatekeeper replay 3f9a01bc',
    '<%= config.bin %> gatekeeper replay 3f9a01bc --json',
  ];

  static override args = { id: Args.string({ required: true, description: 'its id, or the beginning of it' }) };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(GatekeeperReplay);
    const { replayRequest } = await import('../../service/index.ts');
    const { before, now, differs, rules } = await replayRequest(this.home, args.id);
    if (now.verdict === 'refuse') process.exitCode = ExitCode.refused;
    const word = (verdict: 'accept' | 'refuse') => (verdict === 'accept' ? 'Accepted' : 'Refused');
    this.say(`${word(before.verdict)} at ${before.at}, stage ${before.stage}: ${before.reason}`);
    this.say(`${word(now.verdict)} by ${rules} rules of today, stage ${now.stage}: ${now.reason}`);
    this.say(differs ? 'It would end in another way.' : 'It would end in the same way.');
    const verdict = JSON.parse(JSON.stringify({ ...now, before, differs, rules })) as Detail;
    return { ...verdict, ok: now.verdict === 'accept' };
  }
}
