import { Bug, ExternalError, type LogosError, UserError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { GatekeeperLog } from './log.ts';
import type { Receipt, Stage } from './receipt.ts';
import type { NativeRequest } from './request.ts';
import type { KeptRecord } from './request-log.ts';
import type { Domain } from './validate.ts';

/** What was seen of a request on its way through the stages. */
export interface Passage {
  /** Wall time of each stage that it reached, in milliseconds. */
  readonly timings: Partial<Record<Stage, number>>;
  domain?: Domain;
}

/** Runs a stage and adds its wall time to the passage's. */
export async function timed<T>({ timings }: Passage, stage: Stage, work: () => T | Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work();
  } finally {
    timings[stage] = round((timings[stage] ?? 0) + performance.now() - began);
  }
}

/** Microseconds are what the clock is good for. */
export function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Longest payload that is kept to be judged again, in bytes of JSON: a thousand of them must fit into memory. */
const MAX_KEPT_BYTES = 8 * 1024;

/** One attempt at a request, for the log. `now`: when it ended, in milliseconds since 1970. */
export function recordOf(
  request: NativeRequest,
  receipt: Receipt,
  { timings, domain }: Passage,
  ms: number,
  now: number,
): KeptRecord {
  const { payload, origin, nonce, expires } = request;
  const small = JSON.stringify(payload).length <= MAX_KEPT_BYTES;
  return {
    id: receipt.id,
    kind: receipt.kind,
    source: origin.source,
    stage: receipt.stage,
    outcome: receipt.outcome,
    code: receipt.error?.code,
    reason: receipt.error?.message,
    transaction: receipt.transaction?.transaction,
    block: receipt.transaction?.block,
    height: receipt.transaction?.height,
    domain,
    operation: receipt.operation?.toString() ?? operationIn(payload),
    proposal: receipt.proposal?.toString(),
    lease: receipt.lease?.toString(),
    timings,
    ms,
    at: new Date(now).toISOString(),
    request: small ? { payload: payload as KeptPayload, origin, nonce, expires } : undefined,
  };
}

type KeptPayload = NonNullable<KeptRecord['request']>['payload'];

/** The operation that a claim or a report is about. */
function operationIn(payload: Json): string | undefined {
  if (typeof payload !== 'object' || payload === null || !('operation' in payload)) return undefined;
  const { operation } = payload;
  return typeof operation === 'string' && operation.length <= 20 ? operation : undefined;
}

/** What the owner is told of a request that did not end well. */
export function eventOf(receipt: Receipt): Parameters<GatekeeperLog>[0] {
  const message = `${receipt.kind} is ${receipt.outcome}: ${receipt.error?.message ?? ''}`;
  const level = receipt.outcome === 'failed' ? 'error' : 'warning';
  return { level, code: receipt.error?.code ?? receipt.outcome, message, detail: { request: receipt.id } };
}

/** That the chain could not be asked, whatever the transport called it. */
export function unreachable(thrown: unknown, error: LogosError): LogosError {
  if (!(error instanceof Bug)) return error;
  return new ExternalError('chain-unreachable', `The chain can't be reached: ${error.message}`, {
    cause: thrown,
    nextSteps: ['Check the chain with `logos status`, and send the request again.'],
  });
}

/** Whether nobody refused a request: by which rules it is to be judged could not be found out. */
export function isUndecided(error: LogosError): boolean {
  if (error.code === 'validator-timeout') return true;
  const reason = error instanceof UserError && error.code === 'validator-failed' ? error.cause : error;
  return reason instanceof ExternalError && /^(?:chain|artifact|head)-/.test(reason.code);
}
