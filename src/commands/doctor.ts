import { Flags } from '@oclif/core';
import type { Check, Fix } from '../host/index.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

const MARK = { ok: '✓', warning: '!', error: '✗' } as const;

export default class Doctor extends LogosCommand {
  static override description = `Check whether this machine can provide, and put right what can be.

Each check has a name, a severity and, where there is one, a fix. Fixes are
shown and asked about first, and journalled before they are made.`;
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --fix --dry-run',
    '<%= config.bin %> doctor --fix --yes --json',
  ];
  static override flags = {
    fix: Flags.boolean({ description: 'install what is missing and correct what is wrong' }),
    'dry-run': Flags.boolean({ description: 'show what --fix would change, and change nothing', dependsOn: ['fix'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected override async execute(): Promise<Detail> {
    const { flags } = await this.parse(Doctor);
    return this.phase(
      'preflight',
      () => this.diagnose(flags),
      (detail) => detail,
    );
  }

  private async diagnose(flags: { fix: boolean; 'dry-run': boolean; yes: boolean }): Promise<Detail> {
    const { planFixes, requireChecks, runChecks } = await import('../host/index.ts');
    const { localExec } = await import('../system/exec.ts');
    const look = (): Promise<Check[]> => runChecks({ home: this.home, exec: localExec, signal: this.abort.signal });
    let checks = await look();
    this.show(checks);
    const fixes = planFixes(checks);
    if (flags['dry-run']) {
      for (const fix of fixes) this.say(`would ${fix.description}`);
      return { checks, fixes, dryRun: true, summary: counted(checks) };
    }
    if (flags.fix && fixes.length > 0) {
      await this.fix(checks, fixes, flags.yes);
      checks = await look();
      this.show(checks);
    }
    requireChecks(checks);
    return { checks, summary: counted(checks) };
  }

  private async fix(checks: readonly Check[], fixes: readonly Fix[], yes: boolean): Promise<void> {
    const { applyFixes } = await import('../host/index.ts');
    const { localExec } = await import('../system/exec.ts');
    const { Journal } = await import('../system/journal.ts');
    for (const fix of fixes) this.say(`will ${fix.description}`);
    await this.confirm('Go on?', yes);
    const { prepareHome } = await import('../service/index.ts');
    const journal = new Journal(this.home.journal);
    await prepareHome(this.home, journal);
    await applyFixes(checks, localExec, journal, this.progress, { signal: this.abort.signal });
  }

  private show(checks: readonly Check[]): void {
    for (const check of checks) {
      this.say(`${MARK[check.severity]} ${check.name.padEnd(15)} ${check.message}`);
      const advice = check.fix ? `logos doctor --fix would ${check.fix.description}` : check.hint;
      if (check.severity !== 'ok' && advice) this.say(`  → ${advice}`);
    }
  }
}

function counted(checks: readonly Check[]): string {
  const count = (severity: Check['severity']): number => checks.filter((check) => check.severity === severity).length;
  return `${checks.length} checks, ${count('error')} errors, ${count('warning')} warnings`;
}
