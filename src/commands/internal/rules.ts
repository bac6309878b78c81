import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** The child process of NGd that reads the chain (src/service/ask-rules.ts). */
export default class InternalRules extends LogosCommand {
  static override hidden = true;
  static override description = 'read with proof what the chain wants of this host';

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(InternalRules);
    const { answerRules } = await import('../../service/answer-rules.ts');
    return { ...(await answerRules(this.home)) };
  }
}
