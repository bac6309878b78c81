import type { Admission, OperationKind } from '../chain/index.ts';
import { Bug } from '../system/errors.ts';
import { type AdmittedRequest, isAdmittedRequest } from './access.ts';
import type { GatekeeperDefinition } from './definition.ts';
import { type Command, commandDigest } from './native/command.ts';
import { type CommandRules, readNative } from './native/read.ts';
import type { Demand } from './payload.ts';
import type { RequestKind } from './request.ts';

/** A message of the operation contract with its arguments, as the contract's metadata names them. */
export type ContractMessage =
  | { readonly message: 'admit'; readonly arguments: { readonly admission: Admission } }
  | { readonly message: 'leave'; readonly arguments: Readonly<Record<string, never>> }
  | { readonly message: 'claim'; readonly arguments: { readonly id: bigint } }
  | {
      readonly message: 'complete';
      readonly arguments: { readonly id: bigint; readonly outcome: { done: string } | { failed: string } };
    }
  | {
      readonly message: 'request';
      readonly arguments: { readonly host: string; readonly kind: OperationKind; readonly deadlineBlocks: number };
    };

class Call {
  readonly #stage = 'call';
  readonly admitted: AdmittedRequest;
  /** The section whose operation contract takes the message. */
  readonly section: string;
  readonly content: ContractMessage;
  /** The native command that the message stands for: only its digest goes on chain. */
  readonly command?: Command;

  constructor(admitted: AdmittedRequest, section: string, content: ContractMessage, command?: Command) {
    this.admitted = admitted;
    this.section = section;
    this.content = content;
    this.command = command;
    Object.freeze(this);
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

/** The third stage: what the contract is told. */
export type ContractCall = Call;

export function isContractCall(value: unknown): value is ContractCall {
  return Call.is(value);
}

/**
 * Turns an admitted request into a contract call. `rules`: the reference libraries and the files that a native command
 * names; without them it is refused. Every other request has a call.
 * Throws UserError (exit code 3) for a command that its library doesn't let through, with the library's code.
 */
export function translate(
  admitted: AdmittedRequest,
  definition: GatekeeperDefinition,
  rules?: CommandRules,
): ContractCall {
  if (!isAdmittedRequest(admitted)) throw new Bug('Only an AdmittedRequest can be translated.');
  const rule = definition.requests[admitted.demand.kind];
  if (rule === undefined) throw new Bug('A request was translated under another definition than it was admitted by.');
  const { demand } = admitted;
  if (demand.kind !== 'run-command') return new Call(admitted, rule.section, contentOf(demand));
  const { host, deadlineBlocks } = demand.payload;
  const { command } = readNative(admitted.request.id, demand.payload, definition.operations.commands, rules);
  const { operation, library } = command;
  const kind: OperationKind = { kind: 'run', operation, library, command: commandDigest(command) };
  return new Call(admitted, rule.section, { message: 'request', arguments: { host, kind, deadlineBlocks } }, command);
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
  }
}
