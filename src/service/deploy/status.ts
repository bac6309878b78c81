import type { DeploymentProposal } from '../../chain/index.ts';
import { type DeploymentRecord, openDeploymentRecords } from '../../gatekeeper/index.ts';
import { UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { loadHostRecord } from '../host-record.ts';
import { deploymentDirectory } from './host.ts';
import { openDeployChain } from './rules.ts';

/** What is deployed to a target, what is proposed for it, and how far this host is. */
export interface TargetStatus {
  readonly target: string;
  readonly current?: DeploymentProposal;
  /** Proposals that wait for approvals, or to be applied. */
  readonly open: readonly DeploymentProposal[];
  /** What this host did; absent when it does not belong to the target. */
  readonly host?: DeploymentRecord;
  /** What this host refused last, of which it ran nothing. */
  readonly refused?: DeploymentRecord;
}

/** Asks the chain, with proof, and this host's own records. Throws as `openVerifiedChain` does. */
export async function deployStatus(
  home: Home,
  options: { url?: string; target?: string } = {},
): Promise<TargetStatus[]> {
  const chain = await openDeployChain(home, options.url);
  const joined = await loadHostRecord(home).catch(() => undefined);
  if (chain === undefined && joined === undefined) {
    throw new UserError('host-not-joined', `This host (${home.root}) has not joined a chain.`, {
      nextSteps: ['Run `logos provide`, or name a chain with `--chain`.'],
    });
  }
  const records = await openDeploymentRecords(deploymentDirectory(home));
  const known = joined === undefined ? [] : await records.list(joined.chain.genesis);
  try {
    const view = await chain?.deployments();
    const proposals = (await view?.from(1n)) ?? [];
    const names = new Set([...proposals.map(({ change }) => change.target), ...known.map(({ target }) => target)]);
    const wanted = [...names].filter((name) => options.target === undefined || name === options.target).toSorted();
    return await Promise.all(
      wanted.map(async (target) => {
        const current = await view?.current(target);
        const own = known.filter((record) => record.target === target);
        const host = own.find(({ phase }) => phase !== 'refused');
        const refused = own.find(({ phase }) => phase === 'refused');
        const open = proposals.filter(
          ({ change, status }) => change.target === target && (status === 'proposed' || status === 'approved'),
        );
        return { target, open, ...(current && { current }), ...(host && { host }), ...(refused && { refused }) };
      }),
    );
  } finally {
    await chain?.close();
  }
}

/** The status as people read it. */
export function deployStatusText(targets: readonly TargetStatus[]): string {
  if (targets.length === 0) return 'Nothing is deployed, and nothing is proposed.';
  return targets.flatMap(targetLines).join('\n');
}

function targetLines({ target, current, open, host, refused }: TargetStatus): string[] {
  const short = (closure: string) => closure.slice(0, 12);
  const now = current === undefined ? 'nothing' : `${short(current.change.closure)} (proposal ${current.id})`;
  const lines = [`${target}  has ${now}`];
  for (const { id, status, change, approvals, threshold, deadline } of open) {
    const until = status === 'proposed' ? `, until block ${deadline}` : '';
    lines.push(
      `  proposal ${id}  ${short(change.closure)}  ${status}, ${approvals.length} of ${threshold} approvals${until}`,
    );
  }
  if (refused?.failure)
    lines.push(`  this host  refused proposal ${refused.proposal}: ${refused.failure.code}: ${refused.failure.reason}`);
  if (host === undefined) return lines;
  const done = host.steps.filter(({ state }) => state === 'done').length;
  lines.push(`  this host  ${host.version}  ${short(host.closure)}  ${host.phase}, ${done} steps done`);
  if (host.phase === 'failed' && host.failure) lines.push(`    ${host.failure.code}: ${host.failure.reason}`);
  if (host.drift) {
    const { state, steps, corrected, at } = host.drift;
    const last = steps.length === 0 ? '' : `, last of ${steps.join(', ')}`;
    lines.push(`    ${state} at ${new Date(at).toISOString()}; drift corrected ${corrected} times${last}`);
  }
  return lines;
}
