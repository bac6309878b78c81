import { UserError } from '../../system/errors.ts';
import { localExec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { askDeployments } from '../api/client.ts';
import { openGatekeeper } from '../gatekeeper.ts';
import { type AppliedAnswer, answered } from './answer.ts';

/**
 * Has this host look at once at what it is to have, try what failed, and look for drift: by the running gatekeeper, or in this
 * process when none runs. Throws UserError `deployments-not-served`, and what looking throws.
 */
export async function applyDeployments(home: Home, id?: string, signal?: AbortSignal): Promise<AppliedAnswer> {
  try {
    return await askDeployments(home, id);
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'service-not-running')) throw error;
  }
  const opened = await openGatekeeper(home, { exec: localExec, log: () => {} });
  try {
    if (opened.deployments === undefined) {
      throw new UserError('deployments-not-served', 'The chain of this host has no contract for deployments.', {
        nextSteps: ['Ask the region for one: `logos chain deploy` makes it.'],
      });
    }
    const only = id === undefined ? undefined : BigInt(id);
    return answered(await opened.deployments.pass({ again: true, only, signal }));
  } finally {
    await opened.close();
  }
}
