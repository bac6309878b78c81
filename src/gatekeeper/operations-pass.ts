import type { HostSigner, LogosChain, Operation } from '../chain/index.ts';
import { toLogosError } from '../system/errors.ts';
import type { Json } from '../system/journal.ts';
import type { GatekeeperDefinition, HostStanding } from './definition.ts';
import { forgettable } from './desired.ts';
import type { GatekeeperLog } from './log.ts';
import { type HostEffects, type OperationStep, operationRunner } from './operation-runner.ts';
import type { OperationOutcome } from './operation-store.ts';
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

/** One look at the chain; a call during another one shares it. Throws when the chain can't be asked. */
export function operationsPass(options: PassOptions): (signal?: AbortSignal) => Promise<OperationsReport> {
  const { chain, signer, store, log, definition } = options;
  const { genesis } = chain.identity;
  let running: Promise<OperationsReport> | undefined;
  const told = new Set<string>();

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
    const open = standing === 'admitted' ? await mine() : [];
    const steps: OperationStep[] = [];
    const attempt = async (id: bigint, work: () => Promise<OperationStep | undefined>): Promise<void> => {
      if (signal?.aborted) return;
      const step = await work().catch((thrown: unknown): OperationStep => {
        const error = toLogosError(thrown);
        return { id, step: 'waiting', code: error.code, reason: error.message };
      });
      if (step === undefined) return;
      steps.push(step);
      tell(step);
    };
    const records = await store.operations.list(genesis);
    for (const record of records) {
      const ended = record.phase === 'completed' || record.phase === 'reverted';
      if (ended || open.some(({ id }) => id === record.operation.id)) continue;
      await attempt(record.operation.id, () => runner.settle(record, height, signal));
    }
    for (const operation of open) await attempt(operation.id, () => runner.process(operation, height, signal));
    for (const id of forgettable(records)) await store.operations.remove(id);
    return { height, standing, steps };
  };

  return (signal) => {
    running ??= look(signal).finally(() => {
      running = undefined;
    });
    return running;
  };
}
