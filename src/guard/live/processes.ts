import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { isErrno } from '../../system/files.ts';
import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';

/** A process of ours, and what it must be. */
export interface GuardedProcess {
  /** Such as `NG`. */
  readonly name: string;
  readonly pid: number;
  /** Path of the program that it must run: the very file that lies there. */
  readonly program: string;
}

/** Variables by which code of others gets into a process: ld.so(8), Node's command line documentation. */
const INJECTING = /^(?:LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|NODE_OPTIONS|NODE_PATH)=/;

/**
 * Looks whether each process runs the program that lies on the disk, is not traced or stopped, and was started without
 * code of others. A process that is not there is its service manager's business.
 */
export function processesCheck(processes: () => Promise<readonly GuardedProcess[]>, everyMs?: number): GuardCheck {
  return { name: 'processes', everyMs, run: async () => (await processes()).flatMap(inspectProcess) };
}

/** What is wrong with a process; nothing when it has ended. Throws when the kernel does not let it be looked at. */
export function inspectProcess({ name, pid, program }: GuardedProcess): Deviation[] {
  const target = `process of ${name}`;
  try {
    const status = new Map(
      readFileSync(`/proc/${pid}/status`, 'utf8')
        .split('\n')
        .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const tracer = status.get('TracerPid') ?? '0';
    const state = status.get('State') ?? '';
    if (/^[ZX]/.test(state)) return [];
    const injected = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((entry) => INJECTING.test(entry));
    return [
      ...(tracer === '0' ? [] : [{ target, expected: 'not traced', found: `traced by process ${tracer}` }]),
      ...(/^[Tt]/.test(state) && tracer === '0' ? [{ target, expected: 'running', found: `state ${state}` }] : []),
      ...(injected === undefined
        ? []
        : [{ target, expected: 'no code of others', found: injected.slice(0, injected.indexOf('=')) }]),
      ...exchanged(target, pid, program),
    ];
  } catch (error) {
    // It ended while it was looked at. Anything else keeps it from being looked at.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return [];
    throw error;
  }
}

function exchanged(target: string, pid: number, program: string): Deviation[] {
  const runs = `/proc/${pid}/exe`;
  const [running, there] = [statSync(runs), statSync(program, { throwIfNoEntry: false })];
  if (there !== undefined && running.dev === there.dev && running.ino === there.ino) return [];
  return [{ target, expected: `runs ${program}`, found: `runs ${readlinkSync(runs)}` }];
}
