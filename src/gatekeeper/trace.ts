import type { Json } from '../system/journal.ts';
import type { OperationRecord } from './operation-store.ts';
import { STAGES, type Stage } from './receipt.ts';
import { round } from './record.ts';
import type { KeptRecord, RequestRecord } from './request-log.ts';

/** One step of a request's way, in its order. */
export interface TraceStep {
  readonly step: 'native' | Stage | 'event' | 'claim' | 'run' | 'report';
  /** `open`: it has not ended yet; `ahead`: it was not reached. */
  readonly state: 'passed' | 'refused' | 'failed' | 'open' | 'ahead';
  /** Wall time, in milliseconds. */
  readonly ms?: number;
  /** When it ended, ISO 8601. */
  readonly at?: string;
  readonly detail: Readonly<Record<string, Json>>;
}

/** The way of one request, from who asked to what came of it on this host. */
export interface Trace {
  readonly request: string;
  readonly kind: string;
  readonly outcome: RequestRecord['outcome'];
  /** How often it was taken through the stages. */
  readonly attempts: number;
  readonly steps: readonly TraceStep[];
}

/** What a trace is made of: the attempts at one request, oldest first, and what is known of its operation. */
export interface Trail {
  readonly attempts: readonly [KeptRecord, ...KeptRecord[]];
  /** Attempts to claim the operation and to report on it, oldest first. */
  readonly about: readonly RequestRecord[];
  readonly operation?: OperationRecord;
}

/** Puts a request's way together from what this host wrote down of it. */
export function traceOf({ attempts, about, operation }: Trail): Trace {
  const [first] = attempts;
  const last = attempts.find(({ outcome }) => outcome === 'accepted') ?? attempts.at(-1) ?? first;
  const { id: request, kind, outcome } = last;
  const steps = [nativeStep(first), ...stageSteps(last)];
  const opens = kind === 'run-command' || kind === 'request-operation';
  if (opens) steps.push(...operationSteps(last, about, operation));
  return { request, kind, outcome, attempts: attempts.length, steps };
}

function nativeStep({ at, ms, request, source }: KeptRecord): TraceStep {
  const { origin } = request ?? {};
  const { uid, pid, key } = origin === undefined || origin.source === 'chain' ? {} : origin;
  const who = withoutAbsent({ uid, pid, key });
  return {
    step: 'native',
    state: 'passed',
    at: new Date(Date.parse(at) - ms).toISOString(),
    detail: { source, ...who },
  };
}

function stageSteps(record: KeptRecord): TraceStep[] {
  const { stage: end, outcome, timings, at } = record;
  return STAGES.map((step) => {
    const ms = timings[step];
    const place = STAGES.indexOf(step) - STAGES.indexOf(end);
    if (place > 0) return { step, state: 'ahead', detail: {} };
    if (place < 0) return { step, state: 'passed', ms, detail: detailOf(step, record) };
    const state = outcome === 'accepted' ? 'passed' : outcome === 'pending' ? 'open' : outcome;
    return { step, state, ms, at, detail: { ...detailOf(step, record), ...reasonOf(record) } };
  });
}

function detailOf(step: Stage, record: KeptRecord): Record<string, Json> {
  if (step === 'validate') return withoutAbsent({ domain: record.domain });
  return step === 'execute' ? transactionOf(record) : {};
}

function transactionOf({ transaction, block, height, operation, proposal, lease }: RequestRecord) {
  return withoutAbsent({ transaction, block, height, operation, proposal, lease });
}

function reasonOf({ code, reason }: RequestRecord) {
  return withoutAbsent({ code, reason });
}

/** The way out: the chain's word, the claim, the work and the report. */
function operationSteps(asked: KeptRecord, about: readonly RequestRecord[], record?: OperationRecord): TraceStep[] {
  const claim = newest(about, 'claim-operation');
  const report = newest(about, 'complete-operation');
  const seen = record !== undefined || claim !== undefined;
  const height = record?.operation.requestedAt ?? asked.height;
  const event: TraceStep = seen
    ? { step: 'event', state: 'passed', at: claim && began(claim), detail: withoutAbsent({ height }) }
    : { step: 'event', state: asked.outcome === 'accepted' ? 'open' : 'ahead', detail: {} };
  return [event, requestStep('claim', claim), runStep(record, claim, report), requestStep('report', report)];
}

function requestStep(step: 'claim' | 'report', record: RequestRecord | undefined): TraceStep {
  if (record === undefined) return { step, state: 'ahead', detail: {} };
  const { outcome, ms, at } = record;
  const state = outcome === 'accepted' ? 'passed' : outcome === 'pending' ? 'open' : outcome;
  const { operation: _, ...detail } = transactionOf(record);
  return { step, state, ms, at, detail: { ...detail, ...reasonOf(record) } };
}

function runStep(record?: OperationRecord, claim?: RequestRecord, report?: RequestRecord): TraceStep {
  const { outcome } = record ?? {};
  if (outcome === undefined) {
    return { step: 'run', state: claim?.outcome === 'accepted' ? 'open' : 'ahead', detail: {} };
  }
  // The work begins when the claim has ended, and ends when the report is begun.
  const at = report && began(report);
  const ms = at === undefined || claim === undefined ? undefined : round(Date.parse(at) - Date.parse(claim.at));
  if ('done' in outcome) {
    const { done, result } = outcome;
    return { step: 'run', state: 'passed', ms, at, detail: { result, digest: done } };
  }
  return { step: 'run', state: 'failed', ms, at, detail: { code: outcome.code, reason: outcome.failed } };
}

function newest(records: readonly RequestRecord[], kind: string): RequestRecord | undefined {
  const mine = records.filter((record) => record.kind === kind);
  return mine.find(({ outcome }) => outcome === 'accepted') ?? mine.at(-1);
}

function began({ at, ms }: RequestRecord): string {
  return new Date(Date.parse(at) - ms).toISOString();
}

function withoutAbsent(fields: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined));
}
