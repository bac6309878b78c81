import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { ExternalError } from '../../system/errors.ts';
import { collect, type Output } from './output.ts';
import { type BubblewrapPlan, PROGRAM_DIRECTORIES } from './plan.ts';
import { seccompFilter } from './seccomp.ts';
import { followStatus, type SandboxStatus } from './status.ts';

/** File descriptors that bwrap(1) is started with. */
const OPTIONS_FD = 3;
const FILTER_FD = 4;
const STATUS_FD = 5;

/** Time between asking a tool to end and ending it. */
const GRACE_MS = 10_000;

export interface StartOptions {
  /** Begins the command line: the run's limits. */
  readonly prefix: readonly string[];
  readonly limitMs: number;
  /** Most that is kept of the output, in bytes. */
  readonly outputBytes: number;
  /** Whether what the tool says beside its output, on standard error, counts as such. */
  readonly withErrors: boolean;
  readonly onPart?: (part: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** How a tool ended that ran. */
export interface Ended {
  readonly exitCode: number;
  readonly output: Output;
}

/**
 * Runs a plan. Throws ExternalError `sandbox-unavailable` where the sandbox can't be made, so that nothing ran; `command-timeout` and
 * `command-failed` where the tool was ended before its time.
 */
export async function runPlan(plan: BubblewrapPlan, options: StartOptions): Promise<Ended> {
  options.signal?.throwIfAborted();
  const fds = ['--args', OPTIONS_FD, '--seccomp', FILTER_FD, '--json-status-fd', STATUS_FD].map(String);
  const [file = '', ...args] = [...options.prefix, 'bwrap', ...fds, '--', ...plan.command];
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: PROGRAM_DIRECTORIES.join(':'), LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  const status: SandboxStatus = {};
  const stream = (fd: number) => child.stdio[fd] as Readable & Writable;
  give(stream(OPTIONS_FD), Buffer.from(plan.options.map((it) => `${it}\0`).join('')));
  give(stream(FILTER_FD), seccompFilter(architecture()));
  const stop = stopper(child, status, options);
  const [printed, apart, how] = await Promise.all([
    collect(options.withErrors ? [stream(1), stream(2)] : [stream(1)], options.outputBytes, options.onPart),
    options.withErrors ? undefined : collect([stream(2)], MESSAGE_BYTES),
    ended,
    followStatus(stream(STATUS_FD), status),
  ])
    .catch((error: unknown) => {
      // Nobody would watch it any more.
      child.kill('SIGKILL');
      throw error;
    })
    .finally(stop.done);
  const { exitCode } = status;
  if (stop.because !== undefined) throw endedEarly(plan, stop.because);
  if (exitCode !== undefined) return { exitCode, output: printed };
  if ('signal' in how) throw endedEarly(plan, `it was killed by ${how.signal}`);
  throw unavailable(how, lastLine((apart ?? printed).bytes));
}

const MESSAGE_BYTES = 64 * 1024;

type Exit = { code: number } | { signal: string } | { error: Error };

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) => resolve(signal === null ? { code: code ?? 1 } : { signal }));
  });
}

/** A sandbox that could not be made reads nothing of it: what it says of that counts. */
function give(stream: Writable, bytes: Uint8Array): void {
  stream.on('error', () => {});
  stream.end(bytes);
}

/** Ends the tool when its time is over or it is called off: asked first, so that it can leave things in order. */
function stopper(child: ChildProcess, status: SandboxStatus, { limitMs, signal }: StartOptions) {
  const state: { because?: string; done(): void } = { done: () => {} };
  let later: NodeJS.Timeout | undefined;
  const stop = (because: string) => {
    if (state.because !== undefined) return;
    state.because = because;
    void askToEnd(status.pid);
    // Its name space ends with it, and everything that the tool began.
    later = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  const timer = setTimeout(() => stop(TIME_OVER), limitMs);
  const onAbort = () => stop('it was called off');
  signal?.addEventListener('abort', onAbort, { once: true });
  state.done = () => {
    clearTimeout(timer);
    clearTimeout(later);
    signal?.removeEventListener('abort', onAbort);
  };
  return state;
}

const TIME_OVER = 'it did not end in time';

/** SIGTERM to the tool itself: the first process inside passes none on. */
async function askToEnd(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  for (const one of text.split(' ').filter(Boolean)) {
    try {
      process.kill(Number(one), 'SIGTERM');
    } catch {
      // ESRCH: it ended by itself
    }
  }
}

function architecture(): 'x64' | 'arm64' {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch;
  throw unavailable({ code: 1 }, `there is no filter of system calls for ${process.arch}`);
}

function lastLine(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').trimEnd().split('\n').at(-1) ?? '';
}

function endedEarly({ command }: BubblewrapPlan, because: string): ExternalError {
  const code = because === TIME_OVER ? 'command-timeout' : 'command-failed';
  return new ExternalError(code, `${command[0]} was ended: ${because}.`, {
    nextSteps: ['Look at the host, and give the command again if it is still wanted.'],
  });
}

function unavailable(how: Exclude<Exit, { signal: string }>, said: string): ExternalError {
  const cause = 'error' in how ? how.error : undefined;
  return new ExternalError('sandbox-unavailable', `No sandbox can be made here: ${cause?.message ?? said}.`, {
    cause,
    nextSteps: [
      'Run `logos doctor --fix`: it installs bubblewrap. Nothing is run without a sandbox.',
      'In a container, allow it name spaces and mounts of its own.',
    ],
  });
}
