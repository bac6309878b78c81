import { Flags } from '@oclif/core';
import type { Check, Fix } from '../host/index.ts';
import { ExitCode, toLogosError, UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

const MARK = { ok: '✓', warning: '!', error: '✗' } as const;

export default class Doctor extends LogosCommand {
  static override description = `Check whether this machine can provide, and put right what can be.

Each check has a name, a severity and, where there is one, a fix. Fixes are shown and asked about first, and journalled before they are made.`;
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
    const started = performance.now();
    const report = (state: 'started' | 'ok' | 'failed', detail: Detail): void =>
      this.progress({ event: 'phase', phase: 'preflight', state, ms: Math.round(performance.now() - started), detail });
    report('started', {});
    try {
      const detail = await this.diagnose(flags);
      report('ok', detail);
      return detail;
    } catch (thrown) {
      const error = toLogosError(thrown);
      report('failed', { code: error.code, summary: error.message });
      throw error;
    }
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
    if (!yes) await this.agree(fixes);
    await applyFixes(checks, localExec, new Journal(this.home.journal), this.progress, { signal: this.abort.signal });
  }

  private async agree(fixes: readonly Fix[]): Promise<void> {
    if (!process.stdin.isTTY || this.argv.includes('--json')) {
      throw new UserError('confirmation-needed', 'This changes the machine, and there is nobody to ask.', {
        exitCode: ExitCode.usage,
        nextSteps: ['Look at it with --dry-run, then run it with --yes.'],
      });
    }
    for (const fix of fixes) this.say(`will ${fix.description}`);
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const answer = await terminal.question('Go on? [y/N] ', { signal: this.abort.signal });
      if (/^y(es)?$/i.test(answer.trim())) return;
    } finally {
      terminal.close();
    }
    throw new UserError('cancelled', 'Nothing was changed.', { exitCode: ExitCode.usage });
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
