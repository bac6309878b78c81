import { z } from 'zod';
import { Bug, ExitCode, UserError } from '../system/errors.ts';
import type { GatekeeperDefinition, HostStanding, OriginRule } from './definition.ts';
import { type Demand, parseDemand } from './payload.ts';
import { isNativeRequest, type NativeRequest, type Origin, REQUEST_KINDS, type RequestKind } from './request.ts';

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
  /** The host's own account. */
  readonly account: string;
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
   * `origin-refused`, `host-excluded`, `host-not-admitted`, `request-malformed`, `request-not-own-host`,
   * `too-many-requests`, `too-many-pending`.
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
      checkStanding(kind, context.standing, rule.standing);
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
  const known = REQUEST_KINDS.find((candidate) => candidate === kind);
  if (known === undefined) {
    throw refusal('request-kind-unknown', `There is no request of kind ${JSON.stringify(kind)}.`, [
      `Use one of: ${REQUEST_KINDS.join(', ')}.`,
    ]);
  }
  return known;
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

function checkStanding(kind: RequestKind, standing: HostStanding, allowed: readonly HostStanding[]): void {
  if (allowed.includes(standing)) return;
  if (standing === 'excluded') {
    throw refusal('host-excluded', `This host was excluded from the region: ${kind} is refused.`, [
      "Ask the region's operator why; an excluded host can't come back under the same account.",
    ]);
  }
  throw refusal('host-not-admitted', `The chain lists this host as ${standing}: ${kind} is refused.`, [
    'Join the region with `logos provide`.',
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
