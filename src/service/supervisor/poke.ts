import { isRunning, type ProcessIdentity } from '../../system/process.ts';

/** Makes a supervisor read `state/services.json` again. */
export async function poke(supervisor: ProcessIdentity): Promise<void> {
  if (!(await isRunning(supervisor))) return;
  try {
    process.kill(supervisor.pid, 'SIGHUP');
  } catch {
    // it ended by itself
  }
}
