import { reasonText } from '../operation-policy.ts';
import type { Wanted } from './choose.ts';
import type { HostDeploymentOptions } from './host-options.ts';
import type { DeploymentRecord } from './record.ts';

/** What this host lacks says nothing about the deployment. */
export const OWN_LACK: ReadonlySet<string> = new Set([
  'bug',
  'command-missing',
  'credential-malformed',
  'credential-missing',
  'credential-unsafe',
  'disk-full',
  'permission-denied',
  'read-only-filesystem',
  'sandbox-path-refused',
  'sandbox-unavailable',
]);

/** Whether a failure is this host's own, so that the chain is not told of it. */
export function isOwnLack({ failure }: DeploymentRecord): boolean {
  return failure !== undefined && OWN_LACK.has(failure.code);
}

/**
 * Tells the chain how a deployment ended here, once. That another host did so before, or that this one is no operator, ends it as
 * well; while the chain can't be reached it is tried again in the next pass. Gives the record as it is then.
 */
export async function tellChain(
  record: DeploymentRecord,
  { proposal }: Wanted,
  height: number,
  { records, report }: Pick<HostDeploymentOptions, 'records' | 'report'>,
): Promise<DeploymentRecord> {
  if (record.told !== 'no' || isOwnLack(record)) return record;
  const keep = async (told: DeploymentRecord['told']): Promise<DeploymentRecord> => {
    const next = { ...record, told };
    await records.save(next);
    return next;
  };
  if (proposal.status !== 'approved') return keep('other');
  const { failure, phase } = record;
  const outcome =
    phase === 'applied' && record.report !== undefined
      ? { applied: record.report }
      : { failed: reasonText(`${failure?.code}: ${failure?.reason}`) };
  const receipt = await report(proposal.id, outcome, height);
  if (receipt.outcome === 'pending') return record;
  return keep(receipt.outcome === 'accepted' ? 'sent' : 'other');
}
