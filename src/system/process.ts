import { readFileSync } from 'node:fs';
import { isBinary } from './assets.ts';

/** A process that can't be mistaken for a later one with the same number: proc(5), `starttime` in /proc/PID/stat. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** The identity of a running process (a zombie does not count), or `undefined`. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  let stat: string;
  try {
    // At once: the kernel answers from memory, and services ask several times a second.
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // gone between the question and the answer, or never there
  }
  // The command name may hold spaces and brackets, so count fields from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
  return { pid, startTime };
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTime === identity.startTime;
}

/** Sends SIGTERM, then SIGKILL after `graceMs`, and waits until the process is gone. Never touches a later process with the same number. */
export async function terminate(identity: ProcessIdentity, graceMs = 5_000): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(identity.pid, name);
    } catch {
      // ESRCH: it ended by itself
    }
  };
  if (!(await isRunning(identity))) return;
  signal('SIGTERM');
  if (await goneWithin(identity, graceMs)) return;
  signal('SIGKILL');
  await goneWithin(identity, 5_000);
}

async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (await isRunning(identity)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** How to start this program again: the binary itself, or Node with the source entry point. */
export function ownCommand(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  // The variable is inherited: a binary started by a program that runs from source must not take it for its own.
  const script = isBinary() ? undefined : env.LOGOS_ENTRY;
  return script ? [process.execPath, script] : [process.execPath];
}
