import type { ArtifactStore, ConnectedChain, DeploymentProposal } from '../../chain/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { LibrarySet } from '../library/index.ts';
import type { Demand } from '../payload.ts';
import type { DomainValidator } from '../validate.ts';
import type { DvciRules } from '../validators/dvci-rules.ts';
import { checkClosure } from './check.ts';
import { type Closure, openClosure } from './closure.ts';
import { fetchClosure, refuseTarget } from './fetch.ts';
import type { Finding } from './finding.ts';
import { refuseFindings } from './refusal.ts';
import { refuseVersion } from './version-rule.ts';

export interface DeploymentValidatorOptions {
  readonly deployment: Pick<ConnectedChain['deployment'], 'view' | 'proposal'>;
  readonly artifacts: ArtifactStore;
  libraries(): Promise<LibrarySet>;
  /** Operations that hosts let through. */
  accepted(): Promise<readonly string[]>;
  dvci(): Promise<DvciRules>;
  /** This gatekeeper's account. */
  readonly account: string;
}

/** Fetching from slow mirrors takes its time. */
const LIMIT_MS = 120_000;

/**
 * The deployment validator: who proposes or approves has the closure here, whole and checked by the rules of now, and what it says
 * of itself fits what the chain is told. Who may is the contract's to decide; what it would refuse anyway is refused here first.
 */
export function deploymentValidator(options: DeploymentValidatorOptions): DomainValidator {
  const check = async (closure: Closure, target: string, current: DeploymentProposal | undefined): Promise<void> => {
    const [libraries, accepted, dvci] = await Promise.all([options.libraries(), options.accepted(), options.dvci()]);
    const rules = { libraries, accepted, dvci };
    const before = current === undefined ? undefined : await fetchClosure(options.artifacts, current);
    const version = refuseVersion(closure.declaration, before?.declaration);
    const findings: Finding[] = [...refuseTarget(closure, target), ...checkClosure(closure, rules).findings];
    refuseFindings(version === undefined ? findings : [version, ...findings]);
  };

  const propose = async ({ target, closure, size, replaces }: Payload<'propose-deployment'>): Promise<void> => {
    const current = await (await options.deployment.view()).current(target);
    requireSame(replaces, current?.change.closure);
    await check(openClosure(await options.artifacts.fetch({ digest: closure, size })), target, current);
  };

  const approve = async ({ proposal: id, closure }: Payload<'approve-deployment'>): Promise<void> => {
    const proposal = await known(id);
    const { change } = proposal;
    if (change.closure !== closure)
      throw refusal('proposal-other', `Proposal ${id} names another closure: ${change.closure}.`);
    if (proposal.author === options.account) throw refusal('proposal-own', 'Nobody approves a proposal of their own.');
    const current = await (await options.deployment.view()).current(change.target);
    requireSame(change.replaces, current?.change.closure);
    await check(await fetchClosure(options.artifacts, proposal), change.target, current);
  };

  const known = async (id: bigint): Promise<DeploymentProposal> => {
    const proposal = await options.deployment.proposal(id);
    if (proposal !== undefined) return proposal;
    throw refusal('proposal-unknown', `There is no proposal ${id}.`);
  };

  return {
    limitMs: LIMIT_MS,
    async validate({ demand }) {
      switch (demand.kind) {
        case 'propose-deployment':
          return propose(demand.payload);
        case 'approve-deployment':
          return approve(demand.payload);
        case 'reject-deployment':
        case 'withdraw-deployment':
        case 'expire-deployment':
        case 'report-deployment':
          await known(demand.payload.proposal);
          return;
        default:
          throw refusal('request-kind-unknown', `A request of kind ${demand.kind} is no deployment.`);
      }
    },
  };
}

type Payload<K extends Demand['kind']> = Extract<Demand, { kind: K }>['payload'];

function requireSame(replaces: string | undefined, current: string | undefined): void {
  if (replaces === current) return;
  throw refusal('proposal-superseded', `It was made from another state than its target has (${current ?? 'nothing'}).`);
}

function refusal(
  code: 'proposal-other' | 'proposal-own' | 'proposal-unknown' | 'proposal-superseded' | 'request-kind-unknown',
  message: string,
): UserError {
  return new UserError(code, message, {
    exitCode: ExitCode.refused,
    nextSteps: ['See what is proposed and what is deployed with `logos deploy status`.'],
  });
}
