import type { ApiPromise } from '@polkadot/api';
import type { Connection } from '../src/chain/client/connection.ts';
import { Contract } from '../src/chain/client/contract.ts';
import type { Transaction, TransactionQueue } from '../src/chain/client/transactions.ts';
import type { HostSigner } from '../src/chain/index.ts';

/** A call of the runtime that the chain has. */
export function callOf(api: ApiPromise, pallet: string, name: string, ...args: unknown[]): Transaction {
  const make = api.tx[pallet]?.[name];
  if (make === undefined) throw new Error(`the runtime has no ${pallet}.${name}`);
  return make(...args);
}

/** Changes the registry of contracts of the region `local`, as who administers a development chain does. */
export class LabRegistry {
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #administrator: HostSigner;

  constructor(connection: Connection, queue: TransactionQueue, administrator: HostSigner) {
    this.#connection = connection;
    this.#queue = queue;
    this.#administrator = administrator;
  }

  /** Enters a contract as the one of a section. */
  async register(kind: string, section: string, address: string): Promise<void> {
    await this.#rule('registerContract', 'local', kind, section, 2, address);
  }

  async unregister(kind: string, section: string): Promise<void> {
    await this.#rule('unregisterContract', 'local', kind, section);
  }

  /** Makes another contract of the placement contract's code, and gives its address; the registry does not know of it. */
  async anotherPlacement(salt: string): Promise<string> {
    const { api } = this.#connection;
    const { abi } = await Contract.load('placement', api);
    const section = { region: 'local', group: 'placement', layer: 2, name: 'placement-section-1' };
    const data = abi.findConstructor('new').toU8a([section]);
    const gas = { refTime: 20_000_000_000n, proofSize: 2_000_000n };
    const { events } = await this.#queue.send(this.#administrator, async () =>
      callOf(api, 'contracts', 'instantiate', 0, gas, null, abi.info.source.wasmHash, data, salt),
    );
    const made = events.find(({ event }) => event.section === 'contracts' && event.method === 'Instantiated');
    if (made === undefined) throw new Error('the contract was not made');
    return String(made.event.data[1]);
  }

  async #rule(name: string, ...args: unknown[]): Promise<void> {
    const { api } = this.#connection;
    await this.#queue.send(this.#administrator, async () =>
      callOf(api, 'sudo', 'sudo', callOf(api, 'scl', name, ...args)),
    );
  }
}
