import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { ExternalError } from '../../system/errors.ts';
import { collect, type Output } from '../../system/sandbox/output.ts';
import { type BubblewrapPlan, sandboxUnavailable, startSandbox } from '../../system/sandbox/start.ts';
import type { SandboxStatus } from '../../system/sandbox/status.ts';

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
  const { child, ended, status, followed, stream } = startSandbox(plan, options);
  const stop = stopper(child, status, options);
  const [printed, apart, how] = await Promise.all([
    collect(options.withErrors ? [stream(1), stream(2)] : [stream(1)], options.outputBytes, options.onPart),
    options.withErrors ? undefined : collect([stream(2)], MESSAGE_BYTES),
    ended,
    followed,
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
  throw sandboxUnavailable(how, lastLine((apart ?? printed).bytes));
}

const MESSAGE_BYTES = 64 * 1024;

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

function lastLine(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').trimEnd().split('\n').at(-1) ?? '';
}

function endedEarly({ command }: BubblewrapPlan, because: string): ExternalError {
  const code = because === TIME_OVER ? 'command-timeout' : 'command-failed';
  return new ExternalError(code, `${command[0]} was ended: ${because}.`, {
    nextSteps: ['Look at the host, and give the command again if it is still wanted.'],
  });
}
