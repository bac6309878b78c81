import type { DeploymentProposal, DeploymentView } from '../../chain/index.ts';
import { compare } from './finding.ts';
import { belongsTo, type TargetHost } from './target.ts';

/** What a host is to have for a target by the chain's word. */
export interface Wanted {
  readonly target: string;
  readonly proposal: DeploymentProposal;
  /** What the target has on chain: `proposal` itself once it was reported as applied. */
  readonly current?: DeploymentProposal;
}

/** What the chain says of deployments, and how far back there is something that may still change. */
export interface DeploymentState {
  readonly height: number;
  readonly wanted: readonly Wanted[];
  /** Approved for this host, and not to be applied: another was applied since, or the approvals are too few. */
  readonly refused: readonly {
    readonly proposal: DeploymentProposal;
    readonly code: string;
    readonly reason: string;
  }[];
  /** The first proposal that may still change its status. */
  readonly open: bigint;
  /** The host's targets that ever had a proposal, as far as was read. */
  readonly targets: readonly string[];
}

const ENDED = ['applied', 'failed', 'rejected', 'withdrawn', 'expired'];

/**
 * Reads what a host is to have. For each target that it belongs to: the oldest approved proposal that was made from what the target
 * has, else what the target has. `targets`: those that the host knows already; `first`: `open` of the look before this one.
 */
export async function readWanted(
  view: DeploymentView,
  host: TargetHost,
  { targets, first }: { targets: readonly string[]; first: bigint },
): Promise<DeploymentState> {
  const proposals = await view.from(first);
  const mine = proposals.filter(({ change }) => belongsTo(change.target, host));
  const names = new Set([
    ...targets.filter((target) => belongsTo(target, host)),
    ...mine.map(({ change }) => change.target),
  ]);
  const wanted: Wanted[] = [];
  const refused: { proposal: DeploymentProposal; code: string; reason: string }[] = [];
  for (const target of [...names].toSorted(compare)) {
    const current = await view.current(target);
    const approved: DeploymentProposal[] = [];
    for (const proposal of mine.filter(({ change, status }) => change.target === target && status === 'approved')) {
      const wrong = refuseProposal(proposal, current);
      if (wrong === undefined) approved.push(proposal);
      else refused.push({ proposal, ...wrong });
    }
    const proposal = approved[0] ?? current;
    if (proposal !== undefined) wanted.push({ target, proposal, ...(current === undefined ? {} : { current }) });
  }
  const open = proposals.find(({ status }) => !ENDED.includes(status))?.id ?? (proposals.at(-1)?.id ?? first - 1n) + 1n;
  return { height: view.height, wanted, refused, open, targets: [...names] };
}

/**
 * Why an approved proposal is not to be applied. The contract holds to the same; a host asks again, so that it acts on no
 * approval that it can't count.
 */
export function refuseProposal(
  { author, approvals, threshold, status, change }: DeploymentProposal,
  current: DeploymentProposal | undefined,
): { code: string; reason: string } | undefined {
  if (status !== 'approved') return { code: 'proposal-not-approved', reason: `it is ${status}` };
  const approvers = new Set(approvals.filter((account) => account !== author));
  if (threshold < 1 || approvers.size < threshold)
    return {
      code: 'approvals-too-few',
      reason: `${approvers.size} others than its author approved it, and ${threshold} must`,
    };
  if (current !== undefined && current.change.target !== change.target)
    return { code: 'proposal-superseded', reason: 'the chain names a closure of another target as the present one' };
  if (current?.change.closure !== change.replaces)
    return { code: 'proposal-superseded', reason: 'it was made from another state than the target has' };
  return undefined;
}
