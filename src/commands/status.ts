import { viewedHomeFrom } from '../system/home.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

export default class Status extends LogosCommand {
  static override description = 'show the live dashboard of this host, or its status as text or JSON';

  static override examples = [
    '<%= config.bin %> status',
    { description: 'The status document in one line, for scripts', command: '<%= config.bin %> status --json' },
    { description: 'Text, without a terminal', command: '<%= config.bin %> status | cat' },
  ];

  static override flags = {};

  protected override readonly home = viewedHomeFrom();

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(Status);
    if (!flags.json && process.stdout.isTTY && process.stdin.isTTY && process.env.TERM !== 'dumb') {
      const { runDashboard } = await import('../tui/index.ts');
      await runDashboard({ home: this.home });
      return undefined;
    }
    const { readStatus } = await import('../service/fast-status.ts');
    const status = await readStatus(this.home);
    if (flags.json) {
      process.stdout.write(`${JSON.stringify(status)}\n`);
    } else {
      const { statusText } = await import('../service/status-text.ts');
      this.say(statusText(status));
    }
    return undefined;
  }
}
