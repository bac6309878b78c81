import type { HostSigner, LogosChain, Operation } from '../chain/index.ts';
import { toLogosError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { GatekeeperDefinition, HostStanding } from './definition.ts';
import { forgettable } from './desired.ts';
import type { GatekeeperLog } from './log.ts';
import { type HostEffects, type OperationStep, operationRunner } from './operation-runner.ts';
import type { OperationOutcome, OperationRecord } from './operation-store.ts';
import { isRunning, OperationsBeside } from './operations-beside.ts';
import type { Receipt } from './receipt.ts';
import type { RequestInput } from './request.ts';
import type { GatekeeperStore } from './store.ts';

export interface OperationsReport {
  /** Block at which the chain was asked. */
  readonly height: number;
  readonly standing: HostStanding;
  /** What became of each operation, in the order of their ids. */
  readonly steps: readonly OperationStep[];
}

interface PassOptions {
  readonly definition: GatekeeperDefinition;
  readonly chain: LogosChain;
  readonly signer: HostSigner;
  readonly effects: HostEffects;
  readonly store: GatekeeperStore;
  readonly log: GatekeeperLog;
  handle(input: RequestInput, signal?: AbortSignal): Promise<Receipt>;
  resume(signal?: AbortSignal): Promise<Receipt[]>;
  standing(): Promise<HostStanding>;
}

export interface Operations {
  /** One look at the chain; a call during another one shares it. Throws when the chain can't be asked. */
  pass(signal?: AbortSignal): Promise<OperationsReport>;
  /** Waits until no command runs any more: what they need must not be closed before. */
  idle(): Promise<void>;
}

/** What the chain asks of a host. Native commands, which may take a day, are worked on beside the passes. */
export function operationsPass(options: PassOptions): Operations {
  const { chain, signer, store, log, definition } = options;
  const { genesis } = chain.identity;
  let running: Promise<OperationsReport> | undefined;
  const told = new Set<string>();
  const beside = new OperationsBeside();

  const fromChain = (height: number) => ({
    claim: (operation: Operation, signal?: AbortSignal) =>
      options.handle(
        { kind: 'claim-operation', payload: { operation: `${operation.id}` }, origin: { source: 'chain', height } },
        signal,
      ),
    complete: (id: bigint, outcome: OperationOutcome, signal?: AbortSignal) => {
      const said: Json = 'done' in outcome ? { done: outcome.done } : { failed: outcome.failed };
      const payload = { operation: `${id}`, outcome: said };
      return options.handle({ kind: 'complete-operation', payload, origin: { source: 'chain', height } }, signal);
    },
  });

  /** Each thing is said once, however often the chain is asked. */
  const tell = (step: OperationStep): void => {
    const { id, step: what } = step;
    const code = 'code' in step ? step.code : what;
    if (told.has(`${id} ${what} ${code}`)) return;
    if (told.size > 1_000) told.clear();
    told.add(`${id} ${what} ${code}`);
    const reason = 'reason' in step ? `: ${step.reason}` : '';
    const level = what === 'done' || what === 'waiting' ? 'info' : 'warning';
    log({
      level,
      code: `operation-${what}`,
      message: `operation ${id} is ${what}${reason}`,
      detail: { id: `${id}`, code },
    });
  };

  const mine = async (): Promise<Operation[]> => {
    const open = await chain.openOperations(signer.address);
    for (const stray of open.filter((operation) => operation.host !== signer.address)) {
      tell({ id: stray.id, step: 'refused', code: 'operation-not-own-host', reason: `it is ${stray.host}'s` });
    }
    return open
      .filter((operation) => operation.host === signer.address)
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  };

  /** Says how it ended, whenever that is. */
  const ended = async <S extends OperationStep | undefined>(id: bigint, work: () => Promise<S>) => {
    const step = await work().catch((thrown: unknown) => notYet(id, thrown));
    if (step !== undefined) tell(step);
    return step;
  };

  const look = async (signal?: AbortSignal): Promise<OperationsReport> => {
    await options.resume(signal);
    const { height } = await chain.head();
    const standing = await options.standing();
    const runner = operationRunner({
      ...fromChain(height),
      chain,
      rules: definition.operations,
      store: store.operations,
      effects: options.effects,
    });
    // Before the chain is asked: what ends meanwhile must not be taken for open.
    const busy = beside.ids();
    const open = standing === 'admitted' ? await mine() : [];
    const steps: OperationStep[] = [];
    const attempt = async (id: bigint, work: () => Promise<OperationStep | undefined>): Promise<void> => {
      if (signal?.aborted) return;
      const step = await ended(id, work);
      if (step !== undefined) steps.push(step);
    };
    const records = await store.operations.list(genesis);
    const taken = new Set([...busy, ...open.map(({ id }) => id)]);
    for (const record of records.filter((it) => !hasEnded(it) && !taken.has(it.operation.id)))
      await attempt(record.operation.id, () => runner.settle(record, height, signal));
    for (const operation of open) {
      const { id, kind } = operation;
      const work = () => runner.process(operation, height, signal);
      if (!busy.has(id)) await attempt(id, kind.kind === 'run' ? () => beside.begin(id, () => ended(id, work)) : work);
      else if (beside.has(id)) steps.push(isRunning(id));
    }
    for (const id of forgettable(records)) await store.operations.remove(id);
    return { height, standing, steps };
  };

  return {
    pass(signal) {
      running ??= look(signal).finally(() => {
        running = undefined;
      });
      return running;
    },
    idle: () => beside.idle(),
  };
}

function hasEnded({ phase }: OperationRecord): boolean {
  return phase === 'completed' || phase === 'reverted';
}

function notYet(id: bigint, thrown: unknown): OperationStep {
  const { code, message } = toLogosError(thrown);
  return { id, step: 'waiting', code, reason: message };
}
