import { execa } from 'execa';
import { ExternalError } from './errors.ts';

export interface ExecOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  input?: string | Uint8Array;
  /** Milliseconds after which the command is killed and the call fails. Default 120,000. */
  timeout?: number;
  signal?: AbortSignal;
  /** Exit codes that are an answer, not a failure. Default `[0]`. */
  accept?: readonly number[];
  /** What to suggest when it fails. */
  nextSteps?: readonly string[];
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs one program with an argument array (never a shell string) and gives what it printed. */
export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** Runs on this machine. Throws ExternalError (`command-missing`, `command-failed`, `command-timeout`). */
export const localExec: Exec = async (command, args, options = {}) => {
  const result = await execa(command, [...args], {
    cwd: options.cwd,
    env: { LC_ALL: 'C', ...options.env },
    input: options.input,
    stdin: options.input === undefined ? 'ignore' : undefined,
    timeout: options.timeout ?? 120_000,
    cancelSignal: options.signal,
    killSignal: 'SIGTERM',
    forceKillAfterDelay: 2_000,
    reject: false,
    stripFinalNewline: false,
  });
  const line = [command, ...args].join(' ');
  if (result.exitCode !== undefined && (options.accept ?? [0]).includes(result.exitCode)) {
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }
  const shared = { command: line, status: result.exitCode, nextSteps: options.nextSteps, cause: result };
  if (result.code === 'ENOENT') {
    throw new ExternalError('command-missing', `The program ${command} is not installed.`, {
      ...shared,
      nextSteps: options.nextSteps ?? ['Run `logos doctor --fix`.'],
    });
  }
  const lastLines = result.stderr.trimEnd().split('\n').slice(-5);
  if (result.timedOut)
    throw new ExternalError('command-timeout', `${line} did not end in time.`, { ...shared, lastLines });
  throw new ExternalError(
    'command-failed',
    `${line} failed${result.exitCode === undefined ? '' : ` with exit code ${result.exitCode}`}: ${lastLines.at(-1) ?? ''}`,
    { ...shared, lastLines },
  );
};
