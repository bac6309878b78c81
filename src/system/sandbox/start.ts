import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ExternalError } from '../errors.ts';
import { PROGRAM_DIRECTORIES } from './programs.ts';
import { seccompFilter } from './seccomp.ts';
import { followStatus, type SandboxStatus } from './status.ts';

/** File descriptors that bwrap(1) is started with. */
const OPTIONS_FD = 3;
const FILTER_FD = 4;
const STATUS_FD = 5;
/** A socket between the program and us, where one was asked for: its standard input and output belong to whatever it loads. */
export const CHANNEL_FD = 6;

/** Arguments for bwrap(1): `options` are read from a file descriptor, since variables may be secret. */
export interface BubblewrapPlan {
  readonly options: readonly string[];
  readonly command: readonly string[];
}

/** How the process ended, as its parent sees it. */
export type Exit = { code: number } | { signal: string } | { error: Error };

export interface StartedSandbox {
  readonly child: ChildProcess;
  readonly ended: Promise<Exit>;
  /** Filled in as bwrap tells it, until `followed`. */
  readonly status: SandboxStatus;
  readonly followed: Promise<void>;
  stream(fd: number): Readable & Writable;
}

export interface SandboxStart {
  /** Begins the command line: the run's limits. */
  readonly prefix: readonly string[];
  /** Whether the program has a channel to us (CHANNEL_FD) beside its output. */
  readonly converses?: boolean;
}

/** Starts a plan. Throws ExternalError `sandbox-unavailable` where this machine's kind has no filter; other failures are in `ended`. */
export function startSandbox(plan: BubblewrapPlan, { prefix, converses = false }: SandboxStart): StartedSandbox {
  const filter = seccompFilter(architecture());
  const fds = ['--args', OPTIONS_FD, '--seccomp', FILTER_FD, '--json-status-fd', STATUS_FD].map(String);
  const [file = '', ...args] = [...prefix, 'bwrap', ...fds, '--', ...plan.command];
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: PROGRAM_DIRECTORIES.join(':'), LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', ...Array(converses ? 6 : 5).fill('pipe')],
  });
  const ended = endOf(child);
  const status: SandboxStatus = {};
  const stream = (fd: number) => child.stdio[fd] as Readable & Writable;
  give(stream(OPTIONS_FD), Buffer.from(plan.options.map((it) => `${it}\0`).join('')));
  give(stream(FILTER_FD), filter);
  return { child, ended, status, followed: followStatus(stream(STATUS_FD), status), stream };
}

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

function architecture(): 'x64' | 'arm64' {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch;
  throw sandboxUnavailable({ code: 1 }, `there is no filter of system calls for ${process.arch}`);
}

/** The error for a sandbox that could not be made; `said` is the last line that its maker printed. */
export function sandboxUnavailable(how: Exclude<Exit, { signal: string }>, said: string): ExternalError {
  const cause = 'error' in how ? how.error : undefined;
  return new ExternalError('sandbox-unavailable', `No sandbox can be made here: ${cause?.message ?? said}.`, {
    cause,
    nextSteps: [
      'Run `logos doctor --fix`: it installs bubblewrap. Nothing is run without a sandbox.',
      'In a container, allow it name spaces and mounts of its own.',
    ],
  });
}
