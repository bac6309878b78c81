import type { Operation, StartDvm } from '../chain/index.ts';
import type { OperationRecord } from './operation-store.ts';

/** A DVM that runs by order of the chain, with the operation that asked for it. */
export interface DesiredDvm {
  readonly name: string;
  readonly template: string;
  readonly operation: Pick<Operation<StartDvm>, 'id' | 'host' | 'kind' | 'requestedAt' | 'deadline'>;
}

/**
 * DVMs that were started by operations and not stopped by a later one. `records` by rising id. One whose stop is claimed
 * already is not among them: to bring it back would only be to stop it again.
 */
export function desiredDvms(records: readonly OperationRecord[]): DesiredDvm[] {
  const desired = new Map<string, DesiredDvm>();
  for (const { operation, phase, outcome } of records) {
    const { kind } = operation;
    if (kind.kind === 'stop-dvm') {
      if (phase === 'claimed' || (outcome !== undefined && 'done' in outcome)) desired.delete(kind.name);
    } else if (
      kind.kind === 'start-dvm' &&
      outcome !== undefined &&
      'done' in outcome &&
      (phase === 'effect' || phase === 'completed')
    ) {
      desired.set(kind.name, { name: kind.name, template: kind.template, operation: { ...operation, kind } });
    }
  }
  return [...desired.values()];
}

/** Ended operations that nothing depends on any more, beyond the newest `keep`: their records may go. */
export function forgettable(records: readonly OperationRecord[], keep = 200): bigint[] {
  const needed = new Set(desiredDvms(records).map((dvm) => dvm.operation.id));
  // A start may only be forgotten together with the stops after it, or it would come back; by rising id that holds.
  const ended = records.filter(({ phase }) => phase === 'completed' || phase === 'reverted');
  return ended
    .slice(0, Math.max(0, ended.length - keep))
    .map(({ operation }) => operation.id)
    .filter((id) => !needed.has(id));
}
