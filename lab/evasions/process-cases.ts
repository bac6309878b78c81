import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startAttacker } from './attacker.ts';
import { FROM_SOURCE, type GuardLine, type RunningWatch, startWatch } from './guard.ts';

/** Attacks on the guard itself, each on a watch of its own. */
export interface ProcessCase {
  readonly name: string;
  readonly title: string;
  readonly lacks?: () => string | undefined;
  /** Carries it out; `undefined` when nobody saw it within the bound. */
  readonly run: (stage: Stage) => Promise<Sighting | undefined>;
}

export interface Stage {
  readonly baseline: string;
  /** A directory for what the attack needs. */
  readonly scratch: string;
}

/** Who saw it and when: milliseconds from the attack, or from the guard's start where that is the attack. */
export interface Sighting {
  readonly layer: string;
  readonly kind: string;
  readonly ms: number;
}

/** `alive` comes every 500 ms. An observer calls this much silence the end of the guard; a loaded machine needs the margin. */
const SILENCE_MS = 2_000;
const BOUND_MS = 15_000;
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const needsFaketime = (): string | undefined => (existsSync(FAKETIME) ? undefined : 'needs libfaketime');

export const PROCESS_CASES: readonly ProcessCase[] = [
  signalCase('sigstop', 'SIGSTOP of the guard', 'SIGSTOP'),
  signalCase('sigkill', 'SIGKILL of the guard', 'SIGKILL'),
  {
    name: 'sigusr1',
    title: 'SIGUSR1: Node opens its debugger',
    run: (stage) =>
      watched(stage, {}, async (watch, from) => {
        watch.child.kill('SIGUSR1');
        const seen = await firstOf(watch, from(), (line) => line.kind === 'tampered');
        // Nothing to see when it has no effect.
        return seen ?? (watch.stderr().includes('Debugger') ? undefined : { layer: 'no effect', kind: '', ms: 0 });
      }),
  },
  traceCase('ptrace-seize', 'ptrace (PTRACE_SEIZE), the guard runs on', 'ptrace-seize', (pid) => pid),
  traceCase('ptrace-thread', 'the same, of one of its other threads only', 'ptrace-seize', (pid) =>
    Number(readdirSync(`/proc/${pid}/task`).at(-1)),
  ),
  traceCase('ptrace-attach', 'ptrace (PTRACE_ATTACH), the guard stops', 'ptrace-attach', (pid) => pid),
  {
    name: 'status-hidden',
    title: 'ptrace, with an innocent file mounted over its `/proc/PID/status`',
    run: (stage) =>
      watched(stage, {}, async (watch) => {
        const pid = watch.child.pid ?? 0;
        const [real, fake] = [`/proc/${pid}/status`, join(stage.scratch, 'status')];
        writeFileSync(fake, readFileSync(real));
        execFileSync('mount', ['--bind', fake, real]);
        try {
          return await traced(watch, 'ptrace-seize', pid, stage);
        } finally {
          execFileSync('umount', ['--lazy', real]);
        }
      }),
  },
  {
    name: 'no-descriptors',
    title: 'prlimit: the guard can open nothing any more',
    run: (stage) =>
      watched(stage, {}, async (watch, from) => {
        execFileSync('prlimit', ['--pid', `${watch.child.pid}`, '--nofile=5:5']);
        return firstOf(watch, from(), (line) => line.event === 'deviation');
      }),
  },
  preloadCase(
    'ld-preload',
    '`LD_PRELOAD` of the guard',
    () => ({ LD_PRELOAD: FAKETIME, FAKETIME: '+0' }),
    needsFaketime,
  ),
  preloadCase('ld-audit', '`LD_AUDIT` of the guard', () => ({ LD_AUDIT: FAKETIME }), needsFaketime),
  preloadCase('node-options', '`NODE_OPTIONS --require` of the guard', ({ scratch }) => {
    const script = join(scratch, 'evil.cjs');
    writeFileSync(script, "require('node:fs').statSync = () => ({});\n");
    return { NODE_OPTIONS: `--require ${script}` };
  }),
  {
    name: 'binary-swapped',
    title: "the guard's program swapped (rename over it)",
    run: async (stage) => {
      const [command, other] = [join(stage.scratch, 'guard-node'), join(stage.scratch, 'other')];
      copyFileSync(process.execPath, command);
      cpSync(command, other);
      return watched(stage, { program: { ...FROM_SOURCE, command } }, async (watch, from) => {
        renameSync(other, command);
        return firstOf(watch, from(), (line) => line.kind === 'tampered');
      });
    },
  },
  {
    name: 'clock-back',
    title: 'clock set back by an hour (by libfaketime, for the guard alone)',
    lacks: needsFaketime,
    run: (stage) =>
      underClock(stage, async (watch, set, from) => {
        set('-3600');
        return firstOf(watch, from(), (line) => line.kind === 'clock');
      }),
  },
];

/** Runs `act` on a watch whose clock `set` moves by so many seconds; CLOCK_MONOTONIC stays, as when an administrator does it. */
export async function underClock<T>(
  stage: Stage,
  act: (watch: RunningWatch, set: (seconds: string) => void, from: () => bigint) => Promise<T>,
): Promise<T> {
  const file = join(stage.scratch, 'clock');
  const set = (seconds: string): void => writeFileSync(file, `${seconds}\n`);
  set('+0');
  const env = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return watched(stage, { env }, (watch, from) => act(watch, set, from));
}

async function watched<T>(
  stage: Stage,
  options: Parameters<typeof startWatch>[1],
  act: (watch: RunningWatch, from: () => bigint) => Promise<T>,
): Promise<T> {
  const watch = await startWatch(stage.baseline, options);
  try {
    return await act(watch, () => process.hrtime.bigint());
  } finally {
    watch.child.kill('SIGCONT');
    watch.child.kill('SIGKILL');
  }
}

async function firstOf(
  watch: RunningWatch,
  from: bigint,
  wanted: (line: GuardLine) => boolean,
): Promise<Sighting | undefined> {
  const line = await watch.find(wanted, BOUND_MS);
  return line && { layer: `${line.layer}`, kind: `${line.kind}`, ms: Number(line.at - from) / 1e6 };
}

/** An observer that has only the guard's output: its end, or silence. */
async function silence(watch: RunningWatch, from: bigint): Promise<Sighting | undefined> {
  const ms = (): number => Number(process.hrtime.bigint() - from) / 1e6;
  while (ms() < BOUND_MS) {
    if (watch.child.exitCode !== null || watch.child.signalCode !== null)
      return { layer: 'observer', kind: 'its end', ms: ms() };
    const last = watch.lines.at(-1)?.at ?? from;
    if (Number(process.hrtime.bigint() - last) / 1e6 > SILENCE_MS)
      return { layer: 'observer', kind: 'silence', ms: ms() };
    await pause(10);
  }
  return undefined;
}

function signalCase(name: string, title: string, signal: NodeJS.Signals): ProcessCase {
  return {
    name,
    title,
    run: (stage) =>
      watched(stage, {}, async (watch, from) => {
        // At any moment between two signs of life.
        await pause(Math.random() * 500);
        watch.child.kill(signal);
        return silence(watch, from());
      }),
  };
}

function traceCase(name: string, title: string, attack: string, which: (pid: number) => number): ProcessCase {
  return {
    name,
    title,
    run: (stage) => watched(stage, {}, (watch) => traced(watch, attack, which(watch.child.pid ?? 0), stage)),
  };
}

/** The guard tells, or it is stopped and an observer misses it. */
async function traced(watch: RunningWatch, attack: string, pid: number, stage: Stage): Promise<Sighting | undefined> {
  const attacker = startAttacker();
  try {
    const place = { target: attack, outside: stage.scratch, pid };
    await attacker.prepare(attack, place);
    const from = await attacker.strike(attack, place);
    const stopped = silence(watch, from);
    return await Promise.race([
      firstOf(watch, from, (line) => line.kind === 'tampered').then((seen) => seen ?? stopped),
      stopped.then((seen) => seen ?? new Promise<undefined>(() => undefined)),
    ]);
  } finally {
    await attacker.stop();
  }
}

function preloadCase(
  name: string,
  title: string,
  env: (stage: Stage) => NodeJS.ProcessEnv,
  lacks?: () => string | undefined,
): ProcessCase {
  return {
    name,
    title,
    lacks,
    run: async (stage) => {
      const started = process.hrtime.bigint();
      return watched(stage, { env: env(stage) }, (watch) =>
        firstOf(watch, started, (line) => line.kind === 'tampered'),
      );
    },
  };
}
