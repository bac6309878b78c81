import type { Admission, DeploymentChange, OperationKind } from '../chain/index.ts';
import { Bug } from '../system/errors.ts';
import type { AdmittedRequest } from './access.ts';
import type { GatekeeperDefinition } from './definition.ts';
import { type Command, commandDigest } from './native/command.ts';
import type { Demand } from './payload.ts';
import type { RequestKind } from './request.ts';
import { isValidatedRequest, type ValidatedRequest } from './validate.ts';

interface Message<M extends string, A> {
  readonly message: M;
  readonly arguments: Readonly<A>;
}

/** A message of a contract with its arguments. */
export type ContractMessage =
  | Message<'admit', { admission: Admission }>
  | Message<'leave', Record<string, never>>
  | Message<'claim' | 'settle' | 'cancel' | 'approve' | 'reject' | 'withdraw' | 'expire', { id: bigint }>
  | Message<'complete', { id: bigint; outcome: { done: string } | { failed: string } }>
  | Message<'request', { host: string; kind: OperationKind; deadlineBlocks: number }>
  | Message<'open', { customer: string; class: string; blocks: number }>
  | Message<'propose', { change: DeploymentChange; waitBlocks: number }>
  | Message<'report', { id: bigint; outcome: { applied: string } | { failed: string } }>;

class Call {
  readonly #stage = 'call';
  readonly validated: ValidatedRequest;
  /** The section whose operation contract takes the message. */
  readonly section: string;
  readonly content: ContractMessage;
  /** The native command that the message stands for: only its digest goes on chain. */
  readonly command?: Command;

  constructor(validated: ValidatedRequest, section: string, content: ContractMessage, command?: Command) {
    this.validated = validated;
    this.section = section;
    this.content = content;
    this.command = command;
    Object.freeze(this);
  }

  get admitted(): AdmittedRequest {
    return this.validated.admitted;
  }

  /** The request's id: the contract remembers it. */
  get requestId(): string {
    return this.admitted.request.id;
  }

  get kind(): RequestKind {
    return this.admitted.demand.kind;
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'call';
  }
}

/** The fourth stage: what the contract is told. */
export type ContractCall = Call;

export function isContractCall(value: unknown): value is ContractCall {
  return Call.is(value);
}

/**
 * Turns a validated request into a contract call. Throws UserError (exit code 3) for a command that its library doesn't let
 * through, with the library's code. Every other request has a call.
 */
export function translate(validated: ValidatedRequest, definition: GatekeeperDefinition): ContractCall {
  if (!isValidatedRequest(validated)) throw new Bug('Only a ValidatedRequest can be translated.');
  const { admitted, reading } = validated;
  const { demand } = admitted;
  const rule = definition.requests[demand.kind];
  if (rule === undefined) throw new Bug('A request was translated under another definition than it was admitted by.');
  if (demand.kind !== 'run-command') return new Call(validated, rule.section, contentOf(demand));
  if (reading === undefined) throw new Bug('A native command was validated without being read.');
  if ('refused' in reading) throw reading.refused;
  const { command } = reading;
  const { host, deadlineBlocks } = demand.payload;
  const { operation, library } = command;
  const kind: OperationKind = { kind: 'run', operation, library, command: commandDigest(command) };
  return new Call(validated, rule.section, { message: 'request', arguments: { host, kind, deadlineBlocks } }, command);
}

function contentOf(demand: Exclude<Demand, { kind: 'run-command' }>): ContractMessage {
  switch (demand.kind) {
    case 'join':
      return { message: 'admit', arguments: { admission: demand.payload } };
    case 'leave':
      return { message: 'leave', arguments: {} };
    case 'claim-operation':
      return { message: 'claim', arguments: { id: demand.payload.operation } };
    case 'complete-operation':
      return { message: 'complete', arguments: { id: demand.payload.operation, outcome: demand.payload.outcome } };
    case 'request-operation': {
      const { host, operation, deadlineBlocks } = demand.payload;
      return { message: 'request', arguments: { host, kind: operation, deadlineBlocks } };
    }
    case 'open-lease': {
      const { customer, class: name, blocks } = demand.payload;
      return { message: 'open', arguments: { customer, class: name, blocks } };
    }
    case 'settle-lease':
      return { message: 'settle', arguments: { id: demand.payload.lease } };
    case 'cancel-lease':
      return { message: 'cancel', arguments: { id: demand.payload.lease } };
    case 'propose-deployment': {
      const { waitBlocks, ...change } = demand.payload;
      return { message: 'propose', arguments: { change, waitBlocks } };
    }
    case 'approve-deployment':
      return { message: 'approve', arguments: { id: demand.payload.proposal } };
    case 'reject-deployment':
      return { message: 'reject', arguments: { id: demand.payload.proposal } };
    case 'withdraw-deployment':
      return { message: 'withdraw', arguments: { id: demand.payload.proposal } };
    case 'expire-deployment':
      return { message: 'expire', arguments: { id: demand.payload.proposal } };
    case 'report-deployment':
      return { message: 'report', arguments: { id: demand.payload.proposal, outcome: demand.payload.outcome } };
  }
}
