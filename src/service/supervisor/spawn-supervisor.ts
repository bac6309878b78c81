import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ExternalError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { readServices } from '../definitions.ts';
import { serviceEnvironment } from './environment.ts';
import { findServiceProcess, SERVICE_VARIABLE, serviceMark } from './find-process.ts';
import { lastLogLines, openLog } from './log-files.ts';
import { poke } from './poke.ts';
import { runningSupervisor, type SupervisorRecord } from './record.ts';

const START_MS = 20_000;

/**
 * Starts the supervisor of this instance in a session of its own and waits until it has taken up `revision`, or the
 * one that is running already. Throws ExternalError `supervisor-not-started`.
 */
export async function spawnSupervisor(home: Home, revision = 0): Promise<SupervisorRecord> {
  const { supervisor: command } = await readServices(home);
  const [program, ...args] = command;
  if (program === undefined) {
    throw new UserError('service-unknown', 'No service is set up on this host.', {
      nextSteps: ['Set this host up with `logos provide`.'],
    });
  }
  // One whose record was damaged writes it anew when it is poked.
  const silent = await findServiceProcess(home, 'supervisor');
  if (silent) await poke(silent);
  const env = { ...serviceEnvironment(home), [SERVICE_VARIABLE]: serviceMark(home, 'supervisor') };
  const log = openLog(home, 'supervisor');
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env,
  });
  closeSync(log);
  child.unref();
  const ended = Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => {});
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    const record = await runningSupervisor(home);
    if (record && record.revision >= revision) return record;
    // It also ends at once when another one was first; that one is seen in the record then.
    if (over) {
      await delay(200);
      const other = await runningSupervisor(home);
      if (!other) break;
    }
    await delay(20);
  }
  throw new ExternalError('supervisor-not-started', 'The supervisor of the background services did not start.', {
    command: command.join(' '),
    lastLines: await lastLogLines(home, 'supervisor', 5),
    nextSteps: ['See what it says with `logos service logs supervisor`.'],
  });
}
