import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { SERVICE_NAMES, type ServiceName } from './definitions.ts';
import { type ServiceManager, serviceManager } from './manager.ts';

/** The service manager of an instance on this machine, with its own journal. */
export async function openServiceManager(home: Home): Promise<ServiceManager> {
  const { localExec } = await import('../system/exec.ts');
  return serviceManager(home, new Journal(home.journal), localExec);
}

/** The name, where it is one of a service's. */
export function serviceNameOf(text: string | undefined): ServiceName | undefined {
  return SERVICE_NAMES.find((name) => name === text);
}
