import { z } from 'zod';
import type { GatekeeperStanding } from '../chain/index.ts';
import { Bug, ExitCode, UserError } from '../system/errors.ts';
import type { Compliance } from './compliance.ts';
import type { GatekeeperDefinition, HostStanding, OriginRule, RoleRule } from './definition.ts';
import { type Demand, parseDemand } from './payload.ts';
import {
  isNativeRequest,
  isRequestKind,
  type NativeRequest,
  type Origin,
  REQUEST_KINDS,
  type RequestKind,
} from './request.ts';

class Admitted {
  readonly #stage = 'admitted';
  readonly request: NativeRequest;
  readonly demand: Demand;
  /** The definition that admitted it. */
  readonly gatekeeper: string;

  constructor(request: NativeRequest, demand: Demand, gatekeeper: string) {
    this.request = request;
    this.demand = demand;
    this.gatekeeper = gatekeeper;
    Object.freeze(this);
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'admitted';
  }
}

/** The second stage: a request of a known kind, from someone who may send it, in the right form. */
export type AdmittedRequest = Admitted;

export function isAdmittedRequest(value: unknown): value is AdmittedRequest {
  return Admitted.is(value);
}

/** What the validator must know besides the request. */
export interface AccessContext {
  /** Where this host stands on chain. */
  readonly standing: HostStanding;
  /** The host's own account, and the chain that it is on: what is meant for others is refused. */
  readonly account: string;
  readonly genesis: string;
  /** Whether this host is as the chain wants it; needed where the kind's rule asks for that. */
  readonly compliance?: Compliance;
  /** Where the gatekeeper stands in the chain's registry, where that was asked. */
  readonly registered?: GatekeeperStanding;
  /** The roles that whoever asks has, of those that the kind's rule asks for. */
  readonly roles?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Requests that wait for the chain, this one not among them. */
  readonly pending: number;
  /** The request waits already and was counted when it came first. */
  readonly resumed: boolean;
}

export interface AccessValidator {
  /**
   * Lets a request through, or throws UserError with exit code 3: `request-kind-unknown`, `request-not-admitted`,
   * `origin-refused`, `request-other-chain`, `request-expired`, `host-excluded`, `host-suspended`, `host-not-admitted`,
   * `host-not-compliant`, `role-missing`, `request-malformed`, `request-not-own-host`, `too-many-requests`, `too-many-pending`.
   */
  admit(request: NativeRequest, context: AccessContext): AdmittedRequest;
}

/** The access validator of one definition; it counts requests, so one host has one. `ownerUid`: who runs the gatekeeper. */
export function accessValidator(definition: GatekeeperDefinition, ownerUid: number): AccessValidator {
  const recent: Record<Origin['source'], number[]> = { command: [], api: [], chain: [] };

  const countRequest = (source: Origin['source'], now: number): void => {
    const times = recent[source].filter((at) => at > now - 60_000);
    const limit = definition.limits.requestsPerMinute[source];
    if (times.length >= limit) {
      throw refusal('too-many-requests', `More than ${limit} requests a minute came from ${source}.`, [
        'Wait a minute, and send the request again.',
      ]);
    }
    times.push(now);
    recent[source] = times;
  };

  return {
    admit(request, context) {
      if (!isNativeRequest(request)) throw new Bug('Only a NativeRequest can be admitted.');
      const kind = knownKind(request.kind);
      const rule = definition.requests[kind];
      if (rule === undefined) {
        throw refusal('request-not-admitted', `The gatekeeper ${definition.version} doesn't admit ${kind}.`, [
          'Join the region first with `logos provide`; what it admits then is shown by `logos gatekeeper show`.',
        ]);
      }
      checkOrigin(kind, request.origin, rule.origins, ownerUid);
      checkScope(request, context);
      checkStanding(kind, context.standing, rule.standing);
      checkRegistered(kind, context.registered);
      if (rule.compliant) checkCompliance(kind, context.compliance);
      if (rule.role !== undefined) checkRole(kind, rule.role, context.roles);
      const demand = readDemand(kind, request);
      checkHost(demand, context.account);
      if (!context.resumed) {
        if (context.pending >= definition.limits.pendingRequests) {
          throw refusal('too-many-pending', `${context.pending} requests wait for the chain already.`, [
            'Wait until the chain answers again (`logos status` shows it), and send the request again.',
          ]);
        }
        countRequest(request.origin.source, context.now);
      }
      return new Admitted(request, demand, definition.version);
    },
  };
}

function knownKind(kind: string): RequestKind {
  if (!isRequestKind(kind)) {
    throw refusal('request-kind-unknown', `There is no request of kind ${JSON.stringify(kind)}.`, [
      `Use one of: ${REQUEST_KINDS.join(', ')}.`,
    ]);
  }
  return kind;
}

function checkOrigin(kind: RequestKind, origin: Origin, rules: readonly OriginRule[], ownerUid: number): void {
  const allowed = rules.some((rule) => {
    if (rule.source === 'chain' || origin.source === 'chain') return rule.source === origin.source;
    if (rule.source !== origin.source) return false;
    if (rule.who === 'anyone' || origin.uid === 0) return true;
    return rule.who === 'owner' && origin.uid === ownerUid;
  });
  if (allowed) return;
  const who = origin.source === 'chain' ? 'the chain' : `user ${origin.uid} by ${origin.source}`;
  throw refusal('origin-refused', `A request of kind ${kind} is not taken from ${who}.`, [
    'Send it as the user that runs the gatekeeper, or as root.',
  ]);
}

/** Kept by an earlier start, a request may be another chain's or account's by now, or over. */
function checkScope({ kind, scope, expires }: NativeRequest, { account, genesis, now }: AccessContext): void {
  if (scope.account !== account || scope.genesis !== genesis) {
    throw refusal('request-other-chain', `This ${kind} was made for another chain or account.`, [
      'Ask for it anew: what was meant for one chain is never sent to another.',
    ]);
  }
  if (expires !== undefined && !(now < expires)) {
    throw refusal('request-expired', `This ${kind} was to be sent before ${instant(expires)}.`, ['Ask for it anew.']);
  }
}

function instant(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'a time that is none' : date.toISOString();
}

/** The runtime refuses what these call; here they are told why. */
function checkRegistered(kind: RequestKind, registered: GatekeeperStanding | undefined): void {
  if (registered === 'excluded') throw excluded(kind);
  if (registered !== 'suspended') return;
  throw refusal('host-suspended', `This host's gatekeeper is suspended: ${kind} is refused.`, [
    'See the reason with `logos status`; a host that behaves is re-admitted by the rules on chain.',
  ]);
}

function checkCompliance(kind: RequestKind, compliance: Compliance | undefined): void {
  if (compliance?.compliant === true) return;
  const why = compliance?.reason ?? 'nothing tells whether it is';
  throw refusal('host-not-compliant', `This host is not as the chain wants it, so ${kind} is refused: ${why}.`, [
    'Run `logos provide`: it applies what the chain says. `logos status` shows what deviates.',
  ]);
}

function checkRole(kind: RequestKind, { name, access }: RoleRule, roles: readonly string[] = []): void {
  if (roles.includes(name)) return;
  throw refusal('role-missing', `A request of kind ${kind} takes the role ${name}, as ${access} at least.`, [
    "Ask a keeper of the role to grant it in the region's privacy contract.",
  ]);
}

function checkStanding(kind: RequestKind, standing: HostStanding, allowed: readonly HostStanding[]): void {
  if (allowed.includes(standing)) return;
  if (standing === 'excluded') throw excluded(kind);
  throw refusal('host-not-admitted', `The chain lists this host as ${standing}: ${kind} is refused.`, [
    'Join the region with `logos provide`.',
  ]);
}

function excluded(kind: RequestKind): UserError {
  return refusal('host-excluded', `This host was excluded from the region: ${kind} is refused.`, [
    "Ask the region's operator why; an excluded host can't come back under the same account.",
  ]);
}

function readDemand(kind: RequestKind, request: NativeRequest): Demand {
  try {
    return parseDemand(kind, request.payload);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    const why = z.prettifyError(cause).split('\n').slice(0, 4).join(' ');
    throw refusal(
      'request-malformed',
      `The request ${kind} is not well formed: ${why}.`,
      ['Send the request as docs/gatekeeper.md describes it.'],
      cause,
    );
  }
}

/** A client gatekeeper speaks for its own host only. */
function checkHost(demand: Demand, account: string): void {
  if (demand.kind !== 'request-operation' && demand.kind !== 'run-command') return;
  if (demand.payload.host === account) return;
  throw refusal('request-not-own-host', `${demand.payload.host} is not this host.`, [
    'Ask for operations of another host on that host, or as an operator of the region.',
  ]);
}

function refusal(code: string, message: string, nextSteps: string[], cause?: unknown): UserError {
  return new UserError(code, message, { nextSteps, exitCode: ExitCode.refused, cause });
}
