import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { identify, isRunning, type ProcessIdentity } from '../../system/process.ts';
import { findServiceProcess } from '../supervisor/find-process.ts';
import { readRecord } from '../supervisor/record.ts';
import { unitMainPid } from '../systemd/main-pid.ts';
import { unitName } from '../systemd/unit-file.ts';

/** Looking through all processes takes some milliseconds, so it is not done more often than this. */
const SEARCH_EVERY_MS = 5_000;
/** A gatekeeper that ended is started anew by its service manager within this time; after it, nothing is known of it. */
const MISSING_MS = 60_000;

export interface OwnProcess {
  readonly name: string;
  readonly pid: number;
  readonly program: string;
}

export interface OwnProcessesOptions {
  readonly home: Home;
  readonly exec: Exec;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/**
 * Finds the processes of this instance that NGd looks at: itself and the gatekeeper, of which systemd knows where it runs
 * the units, else our supervisor. Rejects when there is no gatekeeper for a minute: one that hides is no better than one
 * that deviates, and one that is not there takes no part.
 */
export function ownProcesses({
  home,
  exec,
  now = () => performance.now(),
}: OwnProcessesOptions): () => Promise<OwnProcess[]> {
  let known: ProcessIdentity | undefined;
  let searched = Number.NEGATIVE_INFINITY;
  let seen = now();
  const search = async (): Promise<ProcessIdentity | undefined> => {
    const pid = await unitMainPid(unitName(home, 'ng'), exec);
    if (pid !== undefined) return identify(pid);
    const recorded = (await readRecord(home))?.services.ng?.identity;
    if (recorded !== undefined && (await isRunning(recorded))) return recorded;
    return findServiceProcess(home, 'ng');
  };
  const gatekeeper = async (): Promise<ProcessIdentity | undefined> => {
    const time = now();
    if (known === undefined || !(await isRunning(known))) {
      known = undefined;
      if (time - searched >= SEARCH_EVERY_MS) {
        searched = time;
        known = await search();
      }
    }
    if (known !== undefined) seen = time;
    if (time - seen > MISSING_MS)
      throw new Error(`no process of NG was found for ${Math.round((time - seen) / 1_000)} s`);
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
