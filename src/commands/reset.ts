import { Flags } from '@oclif/core';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

export default class Reset extends LogosCommand {
  static override description = `Leave this machine as it was before \`logos provide\`.

Guests and services are ended, and every change in the journal is taken back exactly: files, kernel settings, firewall table,
limits, units. What somebody else changed since stays theirs and is named. Debian packages that were installed are named and
kept, unless --purge.`;

  static override examples = [
    { description: 'See what would be undone', command: '<%= config.bin %> reset --dry-run' },
    { description: 'Undo everything without a question', command: '<%= config.bin %> reset --yes' },
  ];

  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    'dry-run': Flags.boolean({ description: 'show what would be undone and change nothing' }),
    purge: Flags.boolean({ description: 'also remove the Debian packages that were installed' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(Reset);
    const { reset, resetPlan } = await import('../service/reset.ts');
    const { localExec } = await import('../system/exec.ts');
    const plan = await resetPlan(this.home);
    const changes = plan.map(({ kind, target }) => ({ kind, target }));
    if (plan.length === 0) this.say(`Nothing to undo: ${this.home.root} holds no journal of changes.`);
    else this.say('This will take back, newest first:');
    for (const { kind, target } of changes) this.say(`  · ${kind} ${target}`);
    if (flags['dry-run'] || plan.length === 0) return { changes };
    await this.confirm('Undo all of this?', flags.yes);
    const result = await reset({ home: this.home, exec: localExec, progress: this.progress, purge: flags.purge });
    if (result.kept.length > 0) this.say('Changed by somebody else since, and left to them:');
    for (const { reason } of result.kept) this.say(`  · ${reason}`);
    if (result.keptPackages.length > 0) {
      this.say(`Debian packages that stay (remove them with --purge): ${result.keptPackages.join(', ')}`);
    }
    return { ...result };
  }
}
