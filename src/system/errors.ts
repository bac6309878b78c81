/** Exit codes of the program: documented in docs/errors.md, stable for scripts. */
export const ExitCode = { done: 0, failed: 1, usage: 2, refused: 3, unauthorised: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

interface ErrorOptions {
  /** What the reader can do about it, most useful first; each one sentence, ready to print. */
  nextSteps?: readonly string[];
  exitCode?: ExitCode;
  cause?: unknown;
}

/** Any failure this program reports: a stable `code` (docs/errors.md), a message, and what to do next. */
export abstract class LogosError extends Error {
  readonly code: string;
  readonly nextSteps: readonly string[];
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.nextSteps = options.nextSteps ?? [];
    this.exitCode = options.exitCode ?? ExitCode.failed;
  }
}

/** The user (or this machine's set-up) can put it right. */
export class UserError extends LogosError {}

/** Something outside this process failed: a command, a daemon, a remote host. */
export class ExternalError extends LogosError {
  readonly command?: string;
  readonly host?: string;
  readonly status?: number;
  readonly lastLines?: readonly string[];

  constructor(
    code: string,
    message: string,
    options: ErrorOptions & { command?: string; host?: string; status?: number; lastLines?: readonly string[] } = {},
  ) {
    super(code, message, options);
    this.command = options.command;
    this.host = options.host;
    this.status = options.status;
    this.lastLines = options.lastLines;
  }
}

/** The chain refused: `module` is the pallet or contract, `variant` the error's name there. */
export class ChainError extends LogosError {
  readonly module: string;
  readonly variant: string;

  constructor(code: string, message: string, options: ErrorOptions & { module: string; variant: string }) {
    super(code, message, options);
    this.module = options.module;
    this.variant = options.variant;
  }
}

/** A state that this program's own logic rules out. */
export class Bug extends LogosError {
  constructor(message: string, cause?: unknown) {
    super('bug', message, { cause, nextSteps: ['Run the command again with --verbose and report what it prints.'] });
  }
}

interface SystemFailure {
  code: string;
  message: string;
  nextSteps: readonly string[];
}

/** errno values that a user meets, in this program's words (errno(3)). */
function systemFailure(error: NodeJS.ErrnoException): SystemFailure | undefined {
  const where = error.path === undefined ? '' : ` (${error.path})`;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'disk-full',
        message: `No space left on the disk${where}.`,
        nextSteps: ['Free some space, or point LOGOS_HOME at a larger disk, and run the command again.'],
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'permission-denied',
        message: `Not permitted${where}.`,
        nextSteps: ['Run the command as root, or give your user access to the path named above.'],
      };
    case 'EROFS':
      return {
        code: 'read-only-filesystem',
        message: `The file system is read-only${where}.`,
        nextSteps: ['Point LOGOS_HOME at a writable directory.'],
      };
    case 'EADDRINUSE':
      return {
        code: 'port-taken',
        message: `The address is already in use: ${error.message.replace(/^.*EADDRINUSE:? ?/, '')}.`,
        nextSteps: ['Choose another port with --port, or stop the program that uses this one (ss -ltnp).'],
      };
    default:
      return undefined;
  }
}

/** Gives every thrown value a code and next steps; errors that are already ours pass through unchanged. */
export function toLogosError(error: unknown): LogosError {
  if (error instanceof LogosError) return error;
  if (error instanceof Error) {
    const known = systemFailure(error);
    if (known) return new UserError(known.code, known.message, { nextSteps: known.nextSteps, cause: error });
    return new Bug(error.message, error);
  }
  return new Bug(String(error));
}

/** The `error` field of a `result` line (docs/cli.md). */
export interface ErrorReport {
  code: string;
  message: string;
  nextSteps: readonly string[];
}

export function reportOf(error: LogosError): ErrorReport {
  return { code: error.code, message: error.message, nextSteps: error.nextSteps };
}
