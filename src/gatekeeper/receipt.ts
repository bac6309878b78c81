import type { TransactionReceipt } from '../chain/index.ts';
import { Bug, type ErrorReport, type LogosError, reportOf } from '../system/errors.ts';
import type { NativeRequest } from './request.ts';
import { type ContractCall, isContractCall } from './translator.ts';

/** The stages of a request, in order. */
export const STAGES = ['access', 'validate', 'translate', 'execute'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * `accepted`: it is in a block. `refused`: a stage or the contract said no. `failed`: this program's fault.
 * `pending`: the chain can't be reached; the request is kept and sent again.
 */
export type Outcome = 'accepted' | 'refused' | 'failed' | 'pending';

/** The number of what the contract made of a request, by what it is. */
export interface Made {
  readonly operation?: bigint;
  readonly proposal?: bigint;
  readonly lease?: bigint;
}

/** What sending a call came to. */
export type Sending =
  | ({ readonly outcome: 'accepted'; readonly transaction: TransactionReceipt } & Made)
  | { readonly outcome: 'refused' | 'failed' | 'pending'; readonly error: LogosError };

class Settled {
  readonly #stage = 'receipt';
  readonly id: string;
  readonly kind: string;
  readonly outcome: Outcome;
  /** The last stage that the request reached. */
  readonly stage: Stage;
  readonly transaction?: TransactionReceipt;
  /** The operation that the contract opened for a `request-operation`. */
  readonly operation?: bigint;
  /** The proposal that it made for a `propose-deployment`. */
  readonly proposal?: bigint;
  /** The lease that it opened for an `open-lease`. */
  readonly lease?: bigint;
  readonly error?: ErrorReport;

  constructor(request: NativeRequest, stage: Stage, sending: Sending) {
    this.id = request.id;
    this.kind = request.kind;
    this.stage = stage;
    this.outcome = sending.outcome;
    if (sending.outcome === 'accepted') {
      this.transaction = sending.transaction;
      this.operation = sending.operation;
      this.proposal = sending.proposal;
      this.lease = sending.lease;
    } else {
      this.error = reportOf(sending.error);
    }
    Object.freeze(this);
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'receipt';
  }
}

/** The last stage: how a request ended, or that it waits for the chain. */
export type Receipt = Settled;

export function isReceipt(value: unknown): value is Receipt {
  return Settled.is(value);
}

/** The receipt of a call that was sent: takes a ContractCall, so that nothing is accepted which skipped a stage. */
export function receiptOf(call: ContractCall, sending: Sending): Receipt {
  if (!isContractCall(call)) throw new Bug('Only a ContractCall can be executed.');
  return new Settled(call.admitted.request, 'execute', sending);
}

/**
 * The receipt of a request that a stage before the executor stopped. `kept`: it waits in the outbox, and the reason may
 * pass.
 */
export function stoppedAt(
  request: NativeRequest,
  stage: Exclude<Stage, 'execute'>,
  error: LogosError,
  kept: boolean,
): Receipt {
  const outcome = kept ? 'pending' : error instanceof Bug ? 'failed' : 'refused';
  return new Settled(request, stage, { outcome, error });
}
