import { ExternalError, UserError } from '../../system/errors.ts';
import type { Exec, ExecOptions } from '../../system/exec.ts';

const OPTIONS = [
  '-q',
  '-y',
  '--no-install-recommends',
  // A package manager that is at work (unattended upgrades) is waited for.
  '-o',
  'DPkg::Lock::Timeout=120',
  // A configuration file that the owner changed stays as it is.
  '-o',
  'Dpkg::Options::=--force-confdef',
  '-o',
  'Dpkg::Options::=--force-confold',
  // Without a network it should say so in seconds, not minutes.
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'Acquire::https::Timeout=20',
];
const ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
const MINUTE = 60_000;

/** Runs apt-get without questions. Throws what `Exec` throws. */
export function aptGet(exec: Exec, args: readonly string[], options: ExecOptions = {}): ReturnType<Exec> {
  return exec('apt-get', [...OPTIONS, ...args], {
    timeout: 15 * MINUTE,
    ...options,
    env: { ...ENVIRONMENT, ...options.env },
  });
}

/** Words of apt that mean it could not get the packages, not that installing them went wrong. */
const UNAVAILABLE =
  /Unable to locate package|has no installation candidate|Failed to fetch|Could not resolve|Could not connect|Temporary failure|Unable to fetch|Network is unreachable/;

/** Gives an apt failure its code: `packages-unavailable` (UserError) or `package-install-failed` (ExternalError). */
export function aptFailure(error: unknown, names: readonly string[]): Error {
  if (!(error instanceof ExternalError) || error.code === 'command-missing') return error as Error;
  const text = [error.message, ...(error.lastLines ?? [])].join('\n');
  if (UNAVAILABLE.test(text)) return packagesUnavailable(names, error);
  return new ExternalError(
    'package-install-failed',
    `Installing ${names.join(', ')} failed: ${error.lastLines?.at(-1) ?? error.message}`,
    {
      command: error.command,
      status: error.status,
      lastLines: error.lastLines,
      cause: error,
      nextSteps: ['Run `dpkg --configure -a` and `apt-get -f install`, then `logos doctor --fix` again.'],
    },
  );
}

export function packagesUnavailable(names: readonly string[], cause?: unknown): UserError {
  return new UserError('packages-unavailable', `Debian packages can't be had: ${names.join(', ')}.`, {
    cause,
    nextSteps: [
      'Connect this machine to the network, check /etc/apt/sources.list.d, and run the command again.',
      `Or install them from another medium: apt-get install ${names.join(' ')}`,
    ],
  });
}
