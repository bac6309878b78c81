import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from '../../system/home.ts';
import { tryKernelLock } from '../../system/kernel-lock.ts';
import { isRunning, type ProcessIdentity, terminate } from '../../system/process.ts';
import { SERVICE_NAMES, type ServiceDefinition, startOrder } from '../definitions.ts';
import { findServiceProcess } from './find-process.ts';
import { poke } from './poke.ts';
import { readRecord, writeRecord } from './record.ts';
import { supervisorLock } from './supervisor.ts';

/**
 * Ends the supervisor and everything it runs, whatever state they are in; `state/services.json` must want nothing any
 * more. It works when the supervisor is dead, hangs, or is being started again by a service, and without its record.
 */
export async function endSupervisor(
  home: Home,
  services: readonly ServiceDefinition[],
  graceMs: number,
): Promise<void> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    // Who holds the lock is the supervisor: no service can bring another one back.
    const lock = await tryKernelLock(supervisorLock(home));
    if (lock) {
      try {
        await endLeftovers(home, services);
        return;
      } finally {
        lock.release();
      }
    }
    const supervisor = await findSupervisor(home);
    if (supervisor && performance.now() > deadline) await terminate(supervisor);
    else if (supervisor) await poke(supervisor);
    await delay(50);
  }
}

async function findSupervisor(home: Home): Promise<ProcessIdentity | undefined> {
  const recorded = (await readRecord(home))?.supervisor;
  return recorded && (await isRunning(recorded)) ? recorded : findServiceProcess(home, 'supervisor');
}

async function endLeftovers(home: Home, services: readonly ServiceDefinition[]): Promise<void> {
  const record = await readRecord(home);
  const known = startOrder(services).map(({ name }) => name);
  const rest = SERVICE_NAMES.filter((name) => !known.includes(name));
  for (const name of [...known, ...rest].reverse()) {
    const identity = record?.services[name]?.identity ?? (await findServiceProcess(home, name));
    if (identity) await terminate(identity);
  }
  if (record) writeRecord(home, { ...record, supervisor: null, services: {} });
}
