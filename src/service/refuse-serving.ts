import { UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import type { ServiceManager } from './manager.ts';
import { openServiceManager } from './open-manager.ts';

/** Whether NG or NGd of this instance runs, or is being started. */
export async function isServing(home: Home, manager?: ServiceManager): Promise<boolean> {
  const { ng, ngd } = await (manager ?? (await openServiceManager(home))).status();
  return [ng, ngd].some((service) => service?.state === 'running' || service?.state === 'starting');
}

/** Why the host policy is not changed by hand now: NGd can't tell its owner from a stranger. */
export function serviceRunning(): UserError {
  return new UserError('service-running', 'The services of this host run: NGd would take the change for tampering.', {
    nextSteps: ['End guests and services with `logos provide --stop`, then run this command again.'],
  });
}
