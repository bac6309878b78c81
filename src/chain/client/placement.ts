import type { GuestPlacement, HostResources, PlacementContract, PlacementHost } from '../contract-types.ts';
import type { AccountId, HostSigner, TransactionReceipt } from '../types.ts';
import { host, hostClass, hosts, placement } from './contract-schemas.ts';
import { anything, type RegionContract } from './region-contract.ts';

export const PLACEMENT_SECTION = 'placement-section-1';

const PAGE = 64;

/** Asks and changes the placement contract (OSC) of a region. */
export class PlacementClient implements PlacementContract {
  readonly #contract: RegionContract;

  constructor(contract: RegionContract) {
    this.#contract = contract;
  }

  setHost(
    signer: HostSigner,
    account: AccountId,
    state: Pick<PlacementHost, 'class' | 'capacity' | 'open'>,
  ): Promise<TransactionReceipt> {
    return this.#tell(signer, 'set_host', [account, state.class, written(state.capacity), state.open]);
  }

  removeHost(signer: HostSigner, account: AccountId): Promise<TransactionReceipt> {
    return this.#tell(signer, 'remove_host', [account]);
  }

  place(signer: HostSigner, guest: string, account: AccountId, needs: HostResources): Promise<TransactionReceipt> {
    return this.#tell(signer, 'place', [guest, account, written(needs)]);
  }

  move(signer: HostSigner, guest: string, account: AccountId): Promise<TransactionReceipt> {
    return this.#tell(signer, 'move_guest', [guest, account]);
  }

  release(signer: HostSigner, guest: string): Promise<TransactionReceipt> {
    return this.#tell(signer, 'release', [guest]);
  }

  async host(account: AccountId): Promise<PlacementHost | undefined> {
    return (await this.#contract.ask('host', [account], host)) ?? undefined;
  }

  async hosts(): Promise<({ account: AccountId } & PlacementHost)[]> {
    const found: ({ account: AccountId } & PlacementHost)[] = [];
    for (;;) {
      const page = await this.#contract.ask('hosts', [found.length, PAGE], hosts);
      found.push(...page.map(([account, state]) => ({ account, ...state })));
      if (page.length < PAGE) return found;
    }
  }

  class(name: string): Promise<{ capacity: HostResources; used: HostResources }> {
    return this.#contract.ask('class', [name], hostClass);
  }

  async placement(guest: string): Promise<GuestPlacement | undefined> {
    return (await this.#contract.ask('placement', [guest], placement)) ?? undefined;
  }

  async #tell(signer: HostSigner, message: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, message, args, anything)).receipt;
  }
}

function written({ vcpus, memoryMiB, diskGiB }: HostResources): Record<string, number> {
  return { vcpus, memory_mib: memoryMiB, disk_gib: diskGiB };
}
