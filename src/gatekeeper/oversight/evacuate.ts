import type { AccountId, ConnectedChain, HostSigner, Operation, PlacementHost, StartDvm } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { toLogosError } from '../../system/errors.ts';

/** What moving guests off a machine reads of the chain and tells it. */
export type EvacuatedChain = Pick<ConnectedChain, 'operationsOf' | 'request' | 'placement' | 'machines'>;

/** What became of a guest of a machine that was excluded. */
export type Evacuated = { readonly guest: string } & (
  | { readonly to: AccountId; readonly operation: bigint }
  | { readonly failed: string }
);

/** Blocks in which the other host has to start it. */
const DEADLINE_BLOCKS = 200;

/**
 * Has the guests of an excluded machine start on other hosts of its class: the placement contract says where there is
 * room and keeps the record, the operation contract asks the host. Said again, it changes nothing. A guest that finds no
 * place is told of. Only an operator of both contracts may. Throws when the chain can't be read.
 */
export async function evacuate(chain: EvacuatedChain, signer: HostSigner, account: AccountId): Promise<Evacuated[]> {
  const guests = guestsOf(await chain.operationsOf(account));
  const evacuated: Evacuated[] = [];
  for (const { id, kind } of guests) {
    try {
      const { to, isNew } = await placeElsewhere(chain, account, kind.name);
      // It was moved before, and its new host was asked.
      if (!isNew && guestsOf(await chain.operationsOf(to)).some((other) => other.kind.name === kind.name)) continue;
      const requestId = sha256Hex(
        canonicalJson({ evacuated: account, guest: kind.name, operation: id.toString(), to }),
      );
      // In one block: the host is asked while the record of the place is made.
      const [operation] = await Promise.all([
        chain.request(signer, requestId, to, kind, DEADLINE_BLOCKS),
        isNew ? chain.placement.move(signer, kind.name, to) : undefined,
      ]);
      evacuated.push({ guest: kind.name, to, operation: operation.id });
    } catch (thrown) {
      evacuated.push({ guest: kind.name, failed: toLogosError(thrown).message });
    }
  }
  return evacuated;
}

/** The last word about each guest: started, or about to be, and not stopped since. */
export function guestsOf(operations: readonly Operation[]): Operation<StartDvm>[] {
  const guests = new Map<string, Operation<StartDvm>>();
  for (const operation of operations) {
    const { kind, state } = operation;
    if (kind.kind === 'stop-dvm' && state !== 'failed' && state !== 'expired') guests.delete(kind.name);
    if (kind.kind === 'start-dvm' && state !== 'failed' && state !== 'expired') {
      guests.set(kind.name, { ...operation, kind });
    }
  }
  return [...guests.values()];
}

/** Where the guest goes; where it went already, if it was moved before. Throws Error when there is no place. */
async function placeElsewhere(
  { placement, machines }: EvacuatedChain,
  account: AccountId,
  guest: string,
): Promise<{ to: AccountId; isNew: boolean }> {
  const placed = await placement.placement(guest);
  if (placed === undefined) throw new Error('no host was ever recorded for it');
  if (placed.host !== account) return { to: placed.host, isNew: false };
  const here = await placement.host(account);
  const hosts = (await placement.hosts()).filter((host) => host.account !== account && host.open);
  const fitting = hosts
    .filter((host) => host.class === here?.class && hasRoom(host, placed.needs))
    .sort((one, other) => freeMemory(other) - freeMemory(one));
  for (const host of fitting) {
    const state = (await machines.find(host.account))?.machine.state;
    if (state !== undefined && state !== 'active') continue;
    return { to: host.account, isNew: true };
  }
  throw new Error(`no other host of class ${here?.class ?? 'unknown'} has room for it`);
}

function hasRoom({ capacity, used }: PlacementHost, needs: PlacementHost['used']): boolean {
  return (
    capacity.vcpus - used.vcpus >= needs.vcpus &&
    capacity.memoryMiB - used.memoryMiB >= needs.memoryMiB &&
    capacity.diskGiB - used.diskGiB >= needs.diskGiB
  );
}

function freeMemory({ capacity, used }: PlacementHost): number {
  return capacity.memoryMiB - used.memoryMiB;
}
