import { ExternalError, toLogosError } from '../../system/errors.ts';
import { applyClosure } from './apply-closure.ts';
import { readWanted, type Wanted } from './choose.ts';
import {
  type Attempt,
  type DeploymentStepReport,
  driftInterval,
  type HostDeploymentOptions,
  type StepOutcome,
} from './host-options.ts';
import { keepClosure } from './keep-closure.ts';
import type { DeploymentRecord } from './record.ts';
import { isOwnLack, tellChain } from './tell-chain.ts';

/** What became of a host's targets in one look at the chain. */
export interface DeploymentPass {
  readonly height: number;
  readonly steps: readonly DeploymentStepReport[];
}

export interface PassOptions {
  /** Try what failed, and look for drift, at once. */
  readonly again?: boolean;
  /** This proposal alone. */
  readonly only?: bigint;
  readonly signal?: AbortSignal;
}

/**
 * Makes a host be as the chain says. Each call is one look: for each target that the host belongs to, the approved or present
 * closure is fetched by its hash, verified, checked by the rules of now, and its steps are run; later it is looked for drift.
 * Every state is on disk before the next begins; calls come one after the other. Throws what the chain throws, and
 * ExternalError `deployments-stale`.
 */
export function hostDeployments(options: HostDeploymentOptions): (how?: PassOptions) => Promise<DeploymentPass> {
  const { chain, records } = options;
  const { genesis } = chain.identity;
  const tell = teller(options);

  const look = async ({ again = false, only, signal }: PassOptions): Promise<DeploymentPass> => {
    const seen = await records.seen(genesis);
    const view = await chain.deployment.view();
    const { height } = view;
    // Whoever shows an old state would have an old version applied again.
    if (height < seen.height) throw wentBack(height, seen.height);
    const member = await chain.member(options.account);
    if (member?.standing !== 'admitted') return { height, steps: [] };
    const { class: name, path } = member.admission;
    const host = { publicKey: options.publicKey, class: name, path };
    const { wanted, refused, open, targets } = await readWanted(view, host, {
      targets: seen.targets,
      first: seen.open,
    });
    await records.saveSeen(genesis, { height, open, targets });
    const steps = refused.map(({ proposal: { id, change }, code, reason }) =>
      tell({ target: change.target, proposal: id, step: 'refused', code, reason }),
    );
    for (const one of wanted) {
      if (signal?.aborted || (only !== undefined && one.proposal.id !== only)) continue;
      const about = { target: one.target, proposal: one.proposal.id };
      steps.push(tell({ ...about, ...(await bring(one, { height, again, signal })) }));
    }
    return { height, steps };
  };

  const bring = async (wanted: Wanted, attempt: Attempt): Promise<StepOutcome> => {
    try {
      const record = recordOf(await records.load(wanted.target, wanted.proposal.change.closure), wanted, genesis);
      if (record?.phase === 'applied') return await keepClosure(record, wanted, attempt, options);
      if (record !== undefined && record.phase !== 'running' && !attempt.again) {
        const { failure, version } = await tellChain(record, wanted, attempt.height, options);
        const isLate = options.clock.now() - (failure?.at ?? 0) >= driftInterval(options);
        // What the chain was told of has failed for good, unless the chain says that it runs.
        const isTriedAgain = isLate && (wanted.proposal.status === 'applied' || isOwnLack(record));
        if (!isTriedAgain) return { step: 'failed', version, code: failure?.code, reason: failure?.reason };
      }
      return await applyClosure(wanted, record, attempt, options);
    } catch (thrown) {
      const { code, message } = toLogosError(thrown);
      return { step: 'waiting', code, reason: message };
    }
  };

  let running: Promise<DeploymentPass> | undefined;
  return (how = {}) => {
    const isPlain = how.again !== true && how.only === undefined;
    if (running !== undefined && isPlain) return running;
    // What a person asks for is done after what is under way, and not left to that.
    const before = running?.catch(() => {}) ?? Promise.resolve();
    const mine = before
      .then(() => look(how))
      .finally(() => {
        if (running === mine) running = undefined;
      });
    running = mine;
    return mine;
  };
}

/** What is known of this very closure. The same one under another proposal is told of again. */
function recordOf(
  kept: DeploymentRecord | undefined,
  { proposal }: Wanted,
  genesis: string,
): DeploymentRecord | undefined {
  if (kept?.genesis !== genesis) return undefined;
  if (kept.proposal === `${proposal.id}`) return kept;
  return kept.phase === 'failed' || kept.phase === 'refused'
    ? undefined
    : { ...kept, proposal: `${proposal.id}`, told: 'no' };
}

/** Says each thing once, however often the chain is asked. */
function teller({ log }: HostDeploymentOptions): (report: DeploymentStepReport) => DeploymentStepReport {
  const told = new Set<string>();
  return (report) => {
    const { target, proposal, step, code, reason } = report;
    const key = `${target} ${proposal} ${step} ${code}`;
    if (step === 'clean' || (step !== 'corrected' && told.has(key))) return report;
    if (told.size > 1_000) told.clear();
    told.add(key);
    const level = step === 'applied' || step === 'waiting' ? 'info' : 'warning';
    const why = reason === undefined ? '' : `: ${reason}`;
    log({
      level,
      code: `deployment-${step}`,
      message: `deployment of ${target} (proposal ${proposal}) is ${step}${why}`,
    });
    return report;
  };
}

function wentBack(height: number, before: number): ExternalError {
  return new ExternalError('deployments-stale', `The chain shows block ${height}, and showed block ${before} before.`, {
    nextSteps: ['Check the chain with `logos status`: an old state of it is not acted on.'],
  });
}
