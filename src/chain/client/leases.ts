import type { Lease, LeaseContract } from '../contract-types.ts';
import { chainRefused } from '../errors.ts';
import type { AccountId, HostSigner, TransactionReceipt } from '../types.ts';
import { id64, lease, optionalBalance } from './contract-schemas.ts';
import { anything, bytes32, type RegionContract } from './region-contract.ts';

export const LEASE_SECTION = 'lease-section-1';

/** Asks and changes the lease contract (OSC) of a region. */
export class LeaseClient implements LeaseContract {
  readonly #contract: RegionContract;

  constructor(contract: RegionContract) {
    this.#contract = contract;
  }

  async price(name: string): Promise<bigint | undefined> {
    return (await this.#contract.ask('price', [name], optionalBalance)) ?? undefined;
  }

  setPrice(signer: HostSigner, name: string, price: bigint | undefined): Promise<TransactionReceipt> {
    return this.#tell(signer, 'set_price', [name, price ?? null]);
  }

  async open(
    signer: HostSigner,
    requestId: string,
    asked: { customer: AccountId; class: string; blocks: number },
  ): Promise<{ id: bigint } & TransactionReceipt> {
    const price = await this.price(asked.class);
    if (price === undefined) throw chainRefused('lease', 'NotForRent');
    const args = [bytes32(requestId), asked.customer, asked.class, asked.blocks];
    const payment = price * BigInt(asked.blocks);
    const { receipt, emitted, value } = await this.#contract.tell(signer, 'open', args, id64, payment);
    const opened = emitted.find(({ name }) => name === 'LeaseOpened');
    return { id: opened === undefined ? value : id64.parse(opened.args.lease), ...receipt };
  }

  settle(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'settle', [id]);
  }

  cancel(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'cancel', [id]);
  }

  async lease(id: bigint): Promise<Lease | undefined> {
    return (await this.#contract.ask('lease', [id], lease)) ?? undefined;
  }

  async #tell(signer: HostSigner, message: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, message, args, anything)).receipt;
  }
}
