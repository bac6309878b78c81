import { randomUUID } from 'node:crypto';
import { haltAllDvms, listDvms, stopDvm, withLibvirt } from '../hypervisor/index.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import type { Orders } from './api/local-api.ts';
import { withDvmHost } from './dvm-host.ts';
import { loadHostRecord } from './host-record.ts';
import type { ServiceManager } from './manager.ts';
import type { StatusMonitor } from './monitor.ts';
import { setPaused } from './pause.ts';

/** Time for the answer to reach who gave the order, before this process is stopped with the rest. */
const ANSWER_FIRST_MS = 100;

interface NgOrders {
  home: Home;
  manager: ServiceManager;
  monitor: StatusMonitor;
}

/** What the owner can order from the running gatekeeper. */
export function ngOrders({ home, manager, monitor }: NgOrders): Orders {
  const journal = new Journal(home.journal);
  return {
    stop: async () => {
      await withDvmHost(home, haltAllDvms);
      setTimeout(() => void manager.stop(), ANSWER_FIRST_MS);
    },
    pause: async () => {
      await setPaused(home, true);
      await monitor.pause();
      await withDvmHost(home, haltAllDvms);
      await monitor.tell('info', 'ng', 'Paused by the owner: guests are stopped, no operation is taken.');
    },
    resume: async () => {
      await setPaused(home, false);
      monitor.resume();
      await monitor.tell('info', 'ng', 'Resumed by the owner.');
    },
    stopDvm: async (name) => {
      // The owner's word comes first; that the chain no longer wants it, it learns through the gatekeeper like anybody.
      await withLibvirt(home, async (libvirt) => {
        if ((await listDvms(libvirt)).some((dvm) => dvm.name === name)) await stopDvm(libvirt, name, { journal });
      });
      await monitor.tell('warning', 'dvm', `${name} was stopped by the owner.`);
      await withdraw(name, home, monitor);
    },
  };
}

/** Blocks that the chain gives the operation; it is done as soon as the gatekeeper sees it. */
const DEADLINE_BLOCKS = 1_200;

/** Has the chain take back what it asked for, so that the guest does not come back with the next start. */
async function withdraw(name: string, home: Home, monitor: StatusMonitor): Promise<void> {
  const gatekeeper = monitor.gatekeeper?.gatekeeper;
  if (!gatekeeper || !(await gatekeeper.desiredDvms()).some((dvm) => dvm.name === name)) return;
  const { account } = await loadHostRecord(home);
  const request = gatekeeper.request({
    kind: 'request-operation',
    payload: { host: account, operation: { kind: 'stop-dvm', name }, deadlineBlocks: DEADLINE_BLOCKS },
    origin: { source: 'api', uid: process.getuid?.() ?? 0 },
    nonce: randomUUID(),
  });
  await gatekeeper.handle(request);
}
