import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from '../../system/home.ts';
import { isRunning } from '../../system/process.ts';
import { SERVICE_VARIABLE } from './find-process.ts';
import { recordReader } from './record.ts';
import { spawnSupervisor } from './spawn-supervisor.ts';

const WATCH_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/**
 * Run by the services that must not be alone: starts the supervisor again when it was killed. Several may do so at
 * the same time; a lock lets one of the new ones stay, and it adopts what runs. Returns when `signal` is aborted, or at
 * once in a process that no supervisor started.
 */
export async function watchSupervisor(
  home: Home,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (env[SERVICE_VARIABLE] === undefined) return;
  const read = recordReader(home);
  let wait = WATCH_MS;
  while (!signal.aborted) {
    try {
      const record = await read();
      // null: it ended on purpose
      if (record?.supervisor && !(await isRunning(record.supervisor))) await spawnSupervisor(home);
      wait = WATCH_MS;
    } catch {
      // The supervisor's log says why. One that cannot start must not be tried all the time.
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    }
    await delay(wait, undefined, { signal }).catch(() => {});
  }
}
