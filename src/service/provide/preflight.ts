import { applyFixes, type Check, planFixes, requireChecks, runChecks } from '../../host/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { prepareHome } from '../home-directory.ts';
import { type ChainChoice, checkChain } from './chain.ts';
import { type PlanItem, planOf } from './plan.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

interface PreflightResult {
  /** False after a dry run: nothing was changed and nothing more is to be done. */
  go: boolean;
  checks: Check[];
  plan: PlanItem[];
}

interface PreflightInput {
  session: Session;
  choice: ChainChoice;
  dryRun: boolean;
  confirm(plan: readonly PlanItem[]): Promise<boolean>;
}

/** Checks, the plan, one question, and only then the first change. */
export function preflightStep(input: PreflightInput): Step<PreflightResult> {
  return {
    run: () => preflight(input),
    detail: ({ checks, plan, go }) => ({
      checks,
      plan,
      summary: go ? summaryOf(checks) : 'dry run: nothing was changed',
    }),
  };
}

async function preflight({ session, choice, dryRun, confirm }: PreflightInput): Promise<PreflightResult> {
  const { home, exec, journal, progress, signal } = session;
  const checks = await runChecks({ home, exec, signal });
  // What the user can't decide is asked first: a wrong address or a taken port must change nothing.
  await checkChain(choice, session);
  const plan = planOf({
    home: home.root,
    missingPackages: planFixes(checks).flatMap((fix) => fix.packages ?? []),
    chain: choice,
    serviceManager: session.manager.kind,
  });
  if (dryRun) return { go: false, checks, plan };
  const known = (await journal.pending()).length > 0;
  if (!known && !(await confirm(plan))) throw declined();
  signal.throwIfAborted();
  // Without root the home may not be ours to make; `doctor --fix` says so as well, and changes nothing.
  requireRoot(plan);
  await prepareHome(home, journal);
  await applyFixes(checks, exec, journal, progress, { signal });
  const after = planFixes(checks).length > 0 ? await runChecks({ home, exec, signal }) : checks;
  requireChecks(after);
  for (const { severity, name, message } of after) {
    if (severity === 'warning') progress({ event: 'note', phase: 'preflight', message: `${name}: ${message}` });
  }
  return { go: true, checks: after, plan };
}

/** Every host that provides needs root for what the plan marks; says which that is. */
function requireRoot(plan: readonly PlanItem[]): void {
  if (process.getuid?.() === 0) return;
  const because = plan.filter((item) => item.needsRoot).map((item) => item.what);
  throw new UserError('root-needed', `This needs root to ${because.join('; to ')}.`, {
    exitCode: ExitCode.unauthorised,
    nextSteps: ['Run the same command with sudo.'],
  });
}

function declined(): UserError {
  return new UserError('cancelled', 'Nothing was changed.', {
    exitCode: ExitCode.usage,
    nextSteps: ['Run the command again when you want it; --dry-run shows the plan only.'],
  });
}

function summaryOf(checks: readonly Check[]): string {
  const warnings = checks.filter((check) => check.severity === 'warning').length;
  return `${checks.length} checks passed${warnings > 0 ? `, ${warnings} with a warning` : ''}`;
}
