import { haltAllDvms } from '../hypervisor/index.ts';
import { LogosError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { withDvmHost } from './dvm-host.ts';
import { serviceManager } from './manager.ts';

/** Ends all guests and services of this instance; `logos provide` goes on from there. Gives the names of the guests. */
export async function stopProviding(home: Home, exec: Exec): Promise<string[]> {
  const journal = new Journal(home.journal);
  const manager = await serviceManager(home, journal, exec);
  // NG first: it would bring back what is stopped under it.
  const services = await manager.status();
  if (services.ng) await manager.stop('ng');
  const stopped = await stopGuests(home, exec);
  await manager.stop();
  return stopped;
}

async function stopGuests(home: Home, exec: Exec): Promise<string[]> {
  try {
    return await withDvmHost(home, haltAllDvms, { exec });
  } catch (error) {
    // Nothing was ever started, or libvirtd is gone already: reset ends guests by their processes.
    if (error instanceof LogosError && NO_LIBVIRT.has(error.code)) return [];
    throw error;
  }
}

const NO_LIBVIRT = new Set(['libvirt-unreachable', 'libvirt-missing']);
