import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Debian's, not one that a version manager puts before it. */
const PYTHON = '/usr/bin/python3';

/** Where an attack works. */
export interface Place {
  /** The file that the attack is about. */
  readonly target: string;
  /** A directory that nobody guards, on the same file system. */
  readonly outside: string;
  readonly device?: string;
  readonly image?: string;
  readonly pid?: number;
}

/** A process that carries out attacks by real system calls (attacks/serve.py). */
export interface Attacker {
  prepare(attack: string, place: Place): Promise<void>;
  /** The moment before the change: nanoseconds of CLOCK_MONOTONIC, as `process.hrtime.bigint()`. */
  strike(attack: string, place: Place): Promise<bigint>;
  /** Undoes everything and ends. */
  stop(): Promise<void>;
}

export function startAttacker(): Attacker {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'attacks/serve.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  const order = (verb: string, attack: string, place: Place): Promise<bigint> => {
    const answered = last.then(async () => {
      child.stdin.write(`${JSON.stringify({ do: verb, attack, place })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`The attacker ended at ${verb} ${attack}.`);
      const answer = JSON.parse(value) as { at?: string; error?: string };
      if (answer.at === undefined) throw new Error(answer.error);
      return BigInt(answer.at);
    });
    last = answered.catch(() => undefined);
    return answered;
  };
  return {
    prepare: async (attack, place) => {
      await order('prepare', attack, place);
    },
    strike: (attack, place) => order('strike', attack, place),
    stop: async () => {
      child.stdin.end();
      await ended(child);
    },
  };
}

/** What this machine lacks for the attacks, in words for `ctx.skip`, or `undefined`. */
export function attackerLacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync(PYTHON)) return `needs ${PYTHON}`;
  if (!existsSync('/dev/loop-control')) return 'needs loop devices';
  return undefined;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
