import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What `logos guard … --json` prints a line of, with when the line came (`process.hrtime.bigint()`). */
export interface GuardLine {
  readonly at: bigint;
  readonly event: string;
  readonly path?: string;
  readonly kind?: string;
  readonly layer?: string;
  readonly [field: string]: unknown;
}

export interface GuardRun {
  readonly status: number | null;
  readonly lines: readonly GuardLine[];
  readonly stderr: string;
}

/** A watch that runs. `lines` grows. */
export interface RunningWatch {
  readonly child: ChildProcess;
  readonly lines: readonly GuardLine[];
  readonly stderr: () => string;
  /** The first line, also of before, that `wanted` is true of; `undefined` after `ms`. */
  find(wanted: (line: GuardLine) => boolean, ms: number): Promise<GuardLine | undefined>;
  /** SIGTERM, and SIGKILL when that takes more than 20 s. Gives the exit code. */
  stop(): Promise<number | null>;
}

export interface GuardProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** The program from its sources. */
export const FROM_SOURCE: GuardProgram = {
  command: process.execPath,
  args: [join(import.meta.dirname, '../../bin/dev.js')],
};

/** Runs `logos guard ARGS` to its end. */
export async function runGuard(args: readonly string[], program = FROM_SOURCE): Promise<GuardRun> {
  const running = startGuard(args, program);
  if (running.child.exitCode === null) await once(running.child, 'close');
  return { status: running.child.exitCode, lines: running.lines, stderr: running.stderr() };
}

/** Starts `logos guard watch FILE` and waits until all its sensors stand. */
export async function startWatch(
  baseline: string,
  { program = FROM_SOURCE, env = {} }: { program?: GuardProgram; env?: NodeJS.ProcessEnv } = {},
): Promise<RunningWatch> {
  const watch = startGuard(['watch', baseline], program, env);
  const ready = await watch.find((line) => line.event === 'ready', 60_000);
  if (ready) return watch;
  await watch.stop();
  throw new Error(`The watch is not ready: ${watch.stderr()}${JSON.stringify(watch.lines.slice(0, 5), plain)}`);
}

function startGuard(args: readonly string[], program: GuardProgram, env: NodeJS.ProcessEnv = {}): RunningWatch {
  const child = spawn(program.command, [...program.args, 'guard', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: GuardLine[] = [];
  const waiting = new Set<(line: GuardLine | undefined) => void>();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line: GuardLine = { ...JSON.parse(text), at: process.hrtime.bigint() };
    lines.push(line);
    for (const tell of [...waiting]) tell(line);
  });
  child.once('close', () => {
    for (const tell of [...waiting]) tell(undefined);
  });
  return {
    child,
    lines,
    stderr: () => stderr,
    find: (wanted, ms) =>
      new Promise((resolve) => {
        const before = lines.find(wanted);
        if (before || child.exitCode !== null) return resolve(before);
        const settle = (line: GuardLine | undefined): void => {
          if (line && !wanted(line)) return;
          clearTimeout(timer);
          waiting.delete(settle);
          resolve(line);
        };
        const timer = setTimeout(() => settle(undefined), ms);
        waiting.add(settle);
      }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const kill = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      clearTimeout(kill);
      return child.exitCode;
    },
  };
}

/** Big integers are no JSON. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);
