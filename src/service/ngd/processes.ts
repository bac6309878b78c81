import type { Home } from '../../system/home.ts';
import { isRunning, type ProcessIdentity } from '../../system/process.ts';
import { findServiceProcess } from '../supervisor/find-process.ts';
import { readRecord } from '../supervisor/record.ts';

/** Looking through all processes takes some milliseconds, so it is not done more often than this. */
const SEARCH_EVERY_MS = 10_000;

export interface OwnProcess {
  readonly name: string;
  readonly pid: number;
  readonly program: string;
}

/** Finds the processes of this instance that NGd looks at: itself and the gatekeeper. */
export function ownProcesses(home: Home): () => Promise<OwnProcess[]> {
  let known: ProcessIdentity | undefined;
  let searched = Number.NEGATIVE_INFINITY;
  const gatekeeper = async (): Promise<ProcessIdentity | undefined> => {
    if (known !== undefined && (await isRunning(known))) return known;
    known = (await readRecord(home))?.services.ng?.identity;
    if (known !== undefined && (await isRunning(known))) return known;
    known = undefined;
    const now = performance.now();
    if (now - searched < SEARCH_EVERY_MS) return undefined;
    searched = now;
    known = await findServiceProcess(home, 'ng');
    return known;
  };

  const program = process.execPath;
  return async () => {
    const ng = await gatekeeper();
    return [
      { name: 'NGd', pid: process.pid, program },
      ...(ng === undefined ? [] : [{ name: 'NG', pid: ng.pid, program }]),
    ];
  };
}
