import type { AccountId, ConnectedChain, HostResources, PlacementHost } from '../../chain/index.ts';
import { historyOf } from './guests.ts';

export type RoomChain = Pick<ConnectedChain, 'operationsOf' | 'placement' | 'machines'>;

/** Starts that may come to nothing on one host before another one is tried. */
export const ATTEMPTS = 3;

interface Sought {
  readonly guest: string;
  readonly class: string;
  readonly needs: HostResources;
  /** The operation that started it on the host that it leaves. */
  readonly after: bigint;
  /** Where it was, and can't stay. */
  readonly not: readonly AccountId[];
}

/**
 * The host of a class with the most room that is in good standing and on which this guest did not fail to start. Every main
 * gatekeeper that sees the same chain finds the same host. Throws Error when there is none.
 */
export async function findRoom(chain: RoomChain, sought: Sought): Promise<AccountId> {
  const fitting = (await chain.placement.hosts())
    .filter((host) => !sought.not.includes(host.account) && host.open && host.class === sought.class)
    .filter((host) => hasRoom(host, sought.needs))
    .sort((one, other) => freeMemory(other) - freeMemory(one) || (one.account < other.account ? -1 : 1));
  for (const { account } of fitting) {
    const state = (await chain.machines.find(account))?.machine.state;
    if (state !== undefined && state !== 'active') continue;
    if (historyOf(await chain.operationsOf(account), sought.guest, sought.after).failures < ATTEMPTS) return account;
  }
  throw new Error(`no other host of class ${sought.class} has room for it`);
}

function hasRoom({ capacity, used }: PlacementHost, needs: HostResources): boolean {
  return (
    capacity.vcpus - used.vcpus >= needs.vcpus &&
    capacity.memoryMiB - used.memoryMiB >= needs.memoryMiB &&
    capacity.diskGiB - used.diskGiB >= needs.diskGiB
  );
}

function freeMemory({ capacity, used }: PlacementHost): number {
  return capacity.memoryMiB - used.memoryMiB;
}
