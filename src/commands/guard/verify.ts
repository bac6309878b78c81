import { ExitCode, UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GuardVerify extends LogosCommand {
  static override description = "look at once whether the chain's files on this host are as it put them there";

  static override examples = ['<%= config.bin %> guard verify', '<%= config.bin %> guard verify --json'];

  static override flags = {};

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(GuardVerify);
    const { describeVerdict, guardLook } = await import('../../guard/index.ts');
    const verdict = await guardLook({ home: this.home })();
    if (verdict.integrity === 'intact') {
      this.say(describeVerdict(verdict));
      return { ...verdict };
    }
    this.progress({ event: 'note', message: describeVerdict(verdict), detail: { ...verdict } });
    const code = verdict.integrity === 'deviated' ? 'host-deviates' : 'integrity-unknown';
    const first = verdict.deviations[0]?.target ?? verdict.unchecked[0]?.target;
    throw new UserError(code, `This host is not known to be as the chain made it (${first ?? 'nothing is guarded'}).`, {
      exitCode: ExitCode.refused,
      nextSteps: ['Run `logos provide` again: it puts back what the chain asks for, and guards it.'],
    });
  }
}
