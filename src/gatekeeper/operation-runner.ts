import type { LogosChain, Operation, RunCommand, StartDvm, StopDvm } from '../chain/index.ts';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { type LogosError, toLogosError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { GatekeeperDefinition } from './definition.ts';
import { desiredDvms } from './desired.ts';
import { type OperationRefusal, reasonText, refuseOperation } from './operation-policy.ts';
import type { OperationOutcome, OperationRecord, OperationStore } from './operation-store.ts';
import { labelSchema } from './payload.ts';
import type { Receipt } from './receipt.ts';

/**
 * What the host does for an operation. Each must succeed when its work is done already (the DVM of that name runs, or is
 * gone): after a crash it is asked again. What it returns is kept, and its digest goes on chain; what it throws is the
 * operation's failure.
 */
export interface HostEffects {
  startDvm(operation: Operation<StartDvm>, signal?: AbortSignal): Promise<Json>;
  stopDvm(operation: Operation<StopDvm>, signal?: AbortSignal): Promise<Json>;
  /** Runs a native command, once: asked again after a crash it fails, unless the command may be repeated. */
  run(operation: Operation<RunCommand>, signal?: AbortSignal): Promise<Json>;
  /** Whether the chain's configuration has a DVM template of this name. */
  knowsTemplate(name: string): Promise<boolean>;
  /** Whether a failure passes by itself, so that the effect is tried again while the deadline allows. Default: no. */
  isTransient?(error: unknown): boolean;
}

export interface OperationRunnerOptions {
  readonly chain: Pick<LogosChain, 'identity' | 'operation'>;
  readonly rules: GatekeeperDefinition['operations'];
  readonly store: OperationStore;
  readonly effects: HostEffects;
  /** Sends through all stages of the gatekeeper. */
  claim(operation: Operation, signal?: AbortSignal): Promise<Receipt>;
  complete(id: bigint, outcome: OperationOutcome, signal?: AbortSignal): Promise<Receipt>;
}

/** What became of one operation in one pass. `waiting`: it goes on in the next pass. */
export type OperationStep =
  | { readonly id: bigint; readonly step: 'done' | 'reverted' }
  | {
      readonly id: bigint;
      readonly step: 'failed' | 'waiting' | 'refused';
      readonly code: string;
      readonly reason: string;
    };

export interface OperationRunner {
  /** Takes one open operation as far as it goes, at block `height`. */
  process(operation: Operation, height: number, signal?: AbortSignal): Promise<OperationStep>;
  /** Finds out how an operation ended that the chain no longer lists as open. */
  settle(record: OperationRecord, height: number, signal?: AbortSignal): Promise<OperationStep | undefined>;
}

/**
 * Claim → effect → complete. Each step's result is on disk before the next begins, and each step may be repeated: the
 * contract answers a repeated claim or report as it did before, and effects succeed when their work is done. So a
 * process killed at any line goes on without doing anything twice or losing a result.
 */
export function operationRunner(options: OperationRunnerOptions): OperationRunner {
  const { chain, store, effects, rules } = options;
  const { genesis } = chain.identity;

  const save = (operation: OperationRecord['operation'], rest: Pick<OperationRecord, 'phase' | 'outcome'>) =>
    store.save({ genesis, operation, ...rest });

  const desiredNames = async (): Promise<string[]> => desiredDvms(await store.list(genesis)).map((dvm) => dvm.name);

  const refuse = async (operation: Operation): Promise<OperationRefusal | undefined> => {
    const { kind } = operation;
    // A template is only looked up under a name that passed the check of names.
    const first = refuseOperation(operation, rules, { templateKnown: true, desired: await desiredNames() });
    if (first !== undefined || kind.kind !== 'start-dvm') return first;
    const facts = { templateKnown: await effects.knowsTemplate(kind.template), desired: await desiredNames() };
    return refuseOperation(operation, rules, facts);
  };

  const effectOf = (operation: Operation, signal?: AbortSignal): Promise<Json> => {
    const { kind } = operation;
    switch (kind.kind) {
      case 'start-dvm':
        return effects.startDvm({ ...operation, kind }, signal);
      case 'stop-dvm':
        return effects.stopDvm({ ...operation, kind }, signal);
      case 'run':
        return effects.run({ ...operation, kind }, signal);
    }
  };

  const act = async (operation: Operation, signal?: AbortSignal): Promise<OperationOutcome | 'later'> => {
    try {
      const given = await effectOf(operation, signal);
      // What is hashed is what is kept: fields that JSON drops must not count.
      const result = JSON.parse(JSON.stringify(given ?? null)) as Json;
      return { done: sha256Hex(canonicalJson(result)), result };
    } catch (thrown) {
      // Stopped by us, or by something that passes: it says nothing about the operation.
      const error = toLogosError(thrown);
      if (signal?.aborted || CHAIN_LOSS.has(error.code) || effects.isTransient?.(thrown)) return 'later';
      return { failed: reasonText(`${error.code}: ${error.message}`), code: error.code };
    }
  };

  const decide = async (
    operation: Operation,
    begun: boolean,
    height: number,
    signal?: AbortSignal,
  ): Promise<OperationOutcome | 'later'> => {
    const late = operation.kind.kind !== 'stop-dvm' && height >= operation.deadline;
    const refusal = late ? LATE : await refuse(operation);
    if (refusal === undefined) return act(operation, signal);
    // A pass before this one may have been killed just after the effect: nothing that fails may keep running.
    if (begun && (await stopLeftover(operation, signal)) !== undefined) return 'later';
    return failure(refusal);
  };

  /** Stops what a start that came to nothing may have left, unless another operation wants it. Gives what went wrong. */
  const stopLeftover = async (
    operation: OperationRecord['operation'],
    signal?: AbortSignal,
  ): Promise<LogosError | undefined> => {
    const { kind } = operation;
    if (kind.kind !== 'start-dvm' || !labelSchema.safeParse(kind.name).success) return undefined;
    if ((await desiredNames()).includes(kind.name)) return undefined;
    try {
      await effects.stopDvm({ ...operation, state: 'expired', kind: { kind: 'stop-dvm', name: kind.name } }, signal);
      return undefined;
    } catch (thrown) {
      return toLogosError(thrown);
    }
  };

  const report = async (
    operation: OperationRecord['operation'],
    outcome: OperationOutcome,
    height: number,
    signal?: AbortSignal,
  ): Promise<OperationStep> => {
    const receipt = await options.complete(operation.id, outcome, signal);
    if (receipt.outcome === 'accepted') {
      await save(operation, { phase: 'completed', outcome });
      return ended(operation.id, outcome);
    }
    if (receipt.outcome === 'pending') return waiting(operation.id, receipt);
    const record: OperationRecord = { genesis, operation, phase: 'effect', outcome };
    return (await settle(record, height, signal)) ?? waiting(operation.id, receipt);
  };

  /** The chain did not take the outcome: what was started must not stay. */
  const revert = async (record: OperationRecord, signal?: AbortSignal): Promise<OperationStep> => {
    const { operation, outcome } = record;
    const { id } = operation;
    await save(operation, { phase: 'reverting', outcome });
    if (outcome === undefined || 'done' in outcome) {
      const error = await stopLeftover(operation, signal);
      if (error !== undefined) return { id, step: 'waiting', code: error.code, reason: error.message };
    }
    await save(operation, { phase: 'reverted', outcome });
    return { id, step: 'reverted' };
  };

  const settle = async (
    record: OperationRecord,
    height: number,
    signal?: AbortSignal,
  ): Promise<OperationStep | undefined> => {
    const { operation, outcome, phase } = record;
    if (phase === 'reverting') return revert(record, signal);
    const now = await chain.operation(operation.id);
    // A node that is behind does not know the operation yet: that says nothing.
    if (now === undefined && height <= operation.requestedAt) return undefined;
    if (now !== undefined && isSame(record, now)) {
      if (now.state === 'expired') return revert(record, signal);
      if ((now.state === 'done' || now.state === 'failed') && outcome !== undefined) {
        await save(operation, { phase: 'completed', outcome });
        return ended(operation.id, outcome);
      }
      // Still open: the next pass reports it again.
      if (now.state !== 'done' && now.state !== 'failed') return undefined;
    }
    // Another chain's past, or ended by someone else: nothing is left to do for it here.
    return revert(record, signal);
  };

  return {
    settle,
    async process(operation, height, signal) {
      const { id } = operation;
      if (operation.state !== 'approved' && operation.state !== 'claimed') {
        return { id, step: 'waiting', code: 'operation-not-approved', reason: `the operation is ${operation.state}` };
      }
      const kept = await store.load(id);
      const record = kept !== undefined && isUsable(kept, operation, genesis) ? kept : undefined;
      if (operation.state === 'approved') {
        if (height + rules.startMarginBlocks >= operation.deadline) {
          return { id, step: 'refused', code: 'deadline-passed', reason: 'too little time is left to begin it' };
        }
        const receipt = await options.claim(operation, signal);
        if (receipt.outcome !== 'accepted') return notClaimed(id, receipt);
      }
      let outcome = record?.outcome;
      if (outcome === undefined) {
        const begun = record !== undefined || operation.state === 'claimed';
        await save(operation, { phase: 'claimed' });
        const decided = await decide(operation, begun, height, signal);
        if (decided === 'later') {
          return { id, step: 'waiting', code: 'effect-not-done', reason: 'the host could not do it yet' };
        }
        outcome = decided;
        await save(operation, { phase: 'effect', outcome });
      }
      return report(operation, outcome, height, signal);
    },
  };
}

/** An effect may have to ask the chain; that it could not is no failure of the operation. */
const CHAIN_LOSS: ReadonlySet<string> = new Set([
  'chain-unreachable',
  'chain-timeout',
  'chain-rpc-failed',
  'chain-replaced',
]);

const LATE: OperationRefusal = { code: 'deadline-passed', reason: 'its deadline passed before it was begun' };

/** A record of this very operation whose outcome still holds: what was reverted is done anew, should the chain ask again. */
function isUsable(record: OperationRecord, operation: Operation, genesis: string): boolean {
  const holds = record.phase !== 'reverting' && record.phase !== 'reverted';
  return holds && record.genesis === genesis && isSame(record, operation);
}

/** Ids are reused when a chain begins anew; then the rest differs. */
function isSame(record: OperationRecord, operation: Operation): boolean {
  const mine = record.operation;
  return (
    mine.host === operation.host &&
    mine.requestedAt === operation.requestedAt &&
    canonicalJson({ ...mine.kind }) === canonicalJson({ ...operation.kind })
  );
}

function failure(refusal: OperationRefusal): OperationOutcome {
  return { failed: reasonText(`${refusal.code}: ${refusal.reason}`), code: refusal.code };
}

function ended(id: bigint, outcome: OperationOutcome): OperationStep {
  if ('done' in outcome) return { id, step: 'done' };
  return { id, step: 'failed', code: outcome.code, reason: outcome.failed };
}

function waiting(id: bigint, receipt: Receipt): OperationStep {
  return { id, step: 'waiting', code: receipt.error?.code ?? 'pending', reason: receipt.error?.message ?? '' };
}

function notClaimed(id: bigint, receipt: Receipt): OperationStep {
  const { code = 'pending', message: reason = '' } = receipt.error ?? {};
  return {
    id,
    step: receipt.outcome === 'pending' || code === 'too-many-requests' ? 'waiting' : 'refused',
    code,
    reason,
  };
}
