import { UserError } from '../../system/errors.ts';
import { checkCgroup, checkKernel } from './kernel.ts';
import { checkNetwork } from './network.ts';
import { checkPackages } from './packages.ts';
import { checkSandbox } from './sandbox.ts';
import { checkDisk, checkOs, checkPrivileges } from './system.ts';
import { checkTime } from './time.ts';
import type { Check, CheckContext, RunCheck } from './types.ts';
import { checkVirtualization } from './virtualization.ts';

const CHECKS: readonly RunCheck[] = [
  checkOs,
  checkPrivileges,
  checkPackages,
  checkVirtualization,
  checkDisk,
  checkTime,
  checkNetwork,
  checkCgroup,
  checkKernel,
  checkSandbox,
];

/** Looks at everything that providing depends on; changes nothing. In the order in which a reader should put things right. */
export async function runChecks(
  context: Pick<CheckContext, 'home' | 'exec'> & Partial<CheckContext>,
): Promise<Check[]> {
  context.signal?.throwIfAborted();
  const full: CheckContext = { uid: process.getuid?.() ?? 0, root: '/', ...context };
  return Promise.all(CHECKS.map((check) => check(full)));
}

/** Throws UserError `preflight-failed` that names every check with severity `error`. */
export function requireChecks(checks: readonly Check[]): void {
  const failed = checks.filter((check) => check.severity === 'error');
  if (failed.length === 0) return;
  const hints = failed.flatMap((check) => check.hint ?? []);
  throw new UserError('preflight-failed', failed.map((check) => `${check.name}: ${check.message}`).join('; '), {
    nextSteps: [...(failed.some((check) => check.fix) ? ['Run `logos doctor --fix`.'] : []), ...hints],
  });
}
