import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperKnowledge extends LogosCommand {
  static override description = 'show which contracts of the region the gatekeeper knows, and how old that is';

  static override examples = [
    '<%= config.bin %> gatekeeper knowledge',
    '<%= config.bin %> gatekeeper knowledge --json',
  ];

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(GatekeeperKnowledge);
    const { describeKnowledge, readKnowledge } = await import('../../gatekeeper/index.ts');
    const report = await readKnowledge(this.home, Date.now());
    this.say(describeKnowledge(report));
    return { ...report };
  }
}
