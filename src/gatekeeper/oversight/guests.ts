import type { Operation, StartDvm, StopDvm } from '../../chain/index.ts';

/** The last word about each guest: started, or about to be, and not stopped since. */
export function guestsOf(operations: readonly Operation[]): Operation<StartDvm>[] {
  const guests = new Map<string, Operation<StartDvm>>();
  for (const operation of operations) {
    const { kind } = operation;
    if (failed(operation)) continue;
    if (kind.kind === 'stop-dvm') guests.delete(kind.name);
    if (kind.kind === 'start-dvm') guests.set(kind.name, { ...operation, kind });
  }
  return [...guests.values()];
}

/** Names of the guests that were stopped, and not started since. */
export function stoppedGuests(operations: readonly Operation[]): string[] {
  const stopped = new Set<string>();
  for (const { kind, state } of operations) {
    if (kind.kind === 'stop-dvm' && state === 'done') stopped.add(kind.name);
    if (kind.kind === 'start-dvm') stopped.delete(kind.name);
  }
  return [...stopped];
}

/** What a host was asked about one guest. */
export interface History {
  /** The last that was asked and did not fail. */
  readonly last?: Operation<StartDvm | StopDvm>;
  /** Starts that came to nothing since. */
  readonly failures: number;
}

/** Of operations that were asked for after the one with the number `after`. */
export function historyOf(operations: readonly Operation[], guest: string, after: bigint): History {
  let last: History['last'];
  let failures = 0;
  for (const operation of operations) {
    const { kind, id } = operation;
    if (kind.kind === 'run' || kind.name !== guest || id <= after) continue;
    if (!failed(operation)) [last, failures] = [{ ...operation, kind }, 0];
    else if (kind.kind === 'start-dvm') failures += 1;
  }
  return { last, failures };
}

function failed({ state }: Operation): boolean {
  return state === 'failed' || state === 'expired';
}
