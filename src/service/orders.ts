import { stopAllDvms, stopDvm, withLibvirt } from '../hypervisor/index.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import type { Orders } from './api/local-api.ts';
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
      await withLibvirt(home, (libvirt) => stopAllDvms(libvirt, { journal }));
      setTimeout(() => void manager.stop(), ANSWER_FIRST_MS);
    },
    pause: async () => {
      await setPaused(home, true);
      await monitor.pause();
      await withLibvirt(home, (libvirt) => stopAllDvms(libvirt, { journal }));
      await monitor.tell('info', 'ng', 'Paused by the owner: guests are stopped, no operation is taken.');
    },
    resume: async () => {
      await setPaused(home, false);
      monitor.resume();
      await monitor.tell('info', 'ng', 'Resumed by the owner.');
    },
    stopDvm: async (name) => {
      await withLibvirt(home, (libvirt) => stopDvm(libvirt, name, { journal }));
      await monitor.tell('warning', 'dvm', `${name} was stopped by the owner.`);
    },
  };
}
