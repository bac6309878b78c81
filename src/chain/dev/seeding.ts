import type { ApiPromise } from '@polkadot/api';
import type { SubmittableExtrinsic } from '@polkadot/api/types';
import type { Abi } from '@polkadot/api-contract';
import { compactAddLength, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsU8a, decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { sha256Hex } from '../../system/canonical.ts';
import { Bug } from '../../system/errors.ts';
import { ChainClient } from '../client/chain.ts';
import { Connection } from '../client/connection.ts';
import { Contract } from '../client/contract.ts';
import { type ContractKind, findContract } from '../client/registry.ts';
import { TransactionQueue } from '../client/transactions.ts';
import { developmentKey } from '../keys.ts';
import type { Seed, SeedReader } from '../seed.ts';
import type { ConfigurationSnapshot } from '../types.ts';
import type { DevChain } from './chain.ts';
import type { ChainDatabase } from './database.ts';
import { LocalProvider } from './provider.ts';

type Call = SubmittableExtrinsic<'promise'>;

/** Generous for the seeding's own calls, of which a block has room for more than twenty. */
const GAS = { refTime: 40_000_000_000n, proofSize: 2_000_000n };
const TIMEOUT_MS = 120_000;

interface Place {
  section: string;
  group: string;
  layer: number;
}

/**
 * Gives a development chain its contracts and their values: all that is missing in one transaction, so that a process
 * killed at any time leaves a chain that is seeded or one that isn't. Sections that somebody changed since are left alone.
 */
export async function seedChain(chain: DevChain, database: ChainDatabase, seed: Seed, read: SeedReader): Promise<void> {
  const connection = await Connection.over('the embedded chain', new LocalProvider(chain), TIMEOUT_MS);
  try {
    await new Seeder(connection, database, seed, read).run();
  } finally {
    await connection.close();
  }
}

class Seeder {
  readonly #connection: Connection;
  readonly #api: ApiPromise;
  readonly #database: ChainDatabase;
  readonly #seed: Seed;
  readonly #read: SeedReader;

  constructor(connection: Connection, database: ChainDatabase, seed: Seed, read: SeedReader) {
    this.#connection = connection;
    this.#api = connection.api;
    this.#database = database;
    this.#seed = seed;
    this.#read = read;
  }

  async run(): Promise<void> {
    const client = await ChainClient.over(this.#connection, this.#seed.region);
    const configuration = await Contract.load('configuration', this.#api);
    const operation = await Contract.load('operation', this.#api);
    const calls: Call[] = [];
    const registrations: Call[] = [];
    for (const section of this.#seed.sections) {
      const found = await this.#registered('Configuration', section, configuration);
      const present = found === undefined ? undefined : await client.configuration(section.section);
      const changes = this.#changes(section, present);
      const address = found ?? this.#deploy('Configuration', section, configuration, calls, registrations);
      if (changes.length === 0) continue;
      const version = present?.version ?? 0;
      calls.push(this.#call(address, configuration.abi, 'apply', [version, changes]));
      // Noted before it is done: a version of ours that never came to be does no harm.
      this.#database.setNote(`seeded:${section.section}`, String(version + 1));
    }
    const found = await this.#registered('Operation', this.#seed.operation, operation);
    if (found === undefined) {
      const address = this.#deploy('Operation', this.#seed.operation, operation, calls, registrations);
      calls.push(this.#call(address, operation.abi, 'set_admission_template', [this.#seed.admissionTemplate]));
    }
    if (registrations.length > 0) calls.push(this.#tx('sudo', 'sudo', this.#tx('utility', 'batchAll', registrations)));
    if (calls.length === 0) return;
    const queue = new TransactionQueue(this.#connection);
    const { events } = await queue.send(await developmentKey('//Alice'), async () =>
      this.#tx('utility', 'batchAll', calls),
    );
    // Sudo reports the failure of what it did in an event of its own and succeeds all the same.
    const failed = events.find(
      ({ event }) => event.section === 'sudo' && event.method === 'Sudid' && isError(event.data[0]),
    );
    if (failed) throw new Bug(`Seeding the chain failed: ${failed.event.data.toString()}`);
  }

  /** The registered contract's address, unless its code is not the one that this program carries. */
  async #registered(kind: ContractKind, place: Place, contract: Contract): Promise<string | undefined> {
    const record = await findContract(this.#connection, this.#seed.region, kind, place.section);
    return record !== undefined && record.codeHash === contract.abi.info.source.wasmHash.toHex()
      ? record.address
      : undefined;
  }

  /** Adds what uploads, instantiates and registers a contract; returns the address that it will have. */
  #deploy(kind: ContractKind, place: Place, contract: Contract, calls: Call[], registrations: Call[]): string {
    const { abi } = contract;
    const { section: name, group, layer } = place;
    const data = abi.findConstructor('new').toU8a([{ region: this.#seed.region, group, layer, name }]);
    const salt = stringToU8a(`${this.#seed.region}/${kind}/${name}/${this.#api.genesisHash.toHex().slice(2, 10)}`);
    const codeHash = abi.info.source.wasmHash;
    const { wasm } = abi.info.source;
    const uploaded = calls.some(
      ({ method }) => method.section === 'contracts' && method.args.some((arg) => arg.eq(wasm)),
    );
    calls.push(
      uploaded
        ? this.#tx('contracts', 'instantiate', 0, GAS, null, codeHash, data, u8aToHex(salt))
        : this.#tx('contracts', 'instantiateWithCode', 0, GAS, null, wasm.toHex(), data, u8aToHex(salt)),
    );
    const address = contractAddress(codeHash.toU8a(), data, compactAddLength(salt));
    registrations.push(this.#tx('scl', 'registerContract', this.#seed.region, kind, name, layer, address));
    return address;
  }

  /** Values of the seed that the section lacks or has otherwise; none once somebody else has changed the section. */
  #changes(section: Seed['sections'][number], present: ConfigurationSnapshot | undefined): unknown[] {
    const ours = Number(this.#database.note(`seeded:${section.section}`) ?? 0);
    if (present !== undefined && present.version > ours) return [];
    return Object.entries(section.values).flatMap(([key, value]) => {
      const bytes = this.#read('inline' in value ? value.inline : value.artifact);
      const there = present?.entries.get(key);
      if (there?.mediaType === value.mediaType && digestOf(there.value) === sha256Hex(bytes)) return [];
      const written =
        'inline' in value
          ? { Inline: u8aToHex(bytes) }
          : { Artifact: { digest: `0x${sha256Hex(bytes)}`, size: bytes.length } };
      return [{ Set: { key, value: written, media_type: value.mediaType } }];
    });
  }

  #call(address: string, abi: Abi, message: string, args: unknown[]): Call {
    return this.#tx('contracts', 'call', address, 0, GAS, null, abi.findMessage(message).toU8a(args));
  }

  #tx(pallet: string, name: string, ...args: unknown[]): Call {
    const make = this.#api.tx[pallet]?.[name];
    if (make === undefined) throw new Bug(`The runtime has no ${pallet}.${name}.`);
    return make(...args);
  }
}

function digestOf(
  value: ConfigurationSnapshot['entries'] extends ReadonlyMap<string, infer E>
    ? E extends { value: infer V }
      ? V
      : never
    : never,
): string {
  return value.kind === 'inline' ? sha256Hex(value.bytes) : value.digest;
}

/** How pallet-contracts derives the address of what //Alice instantiates (DefaultAddressGenerator); both parts with their lengths. */
function contractAddress(codeHash: Uint8Array, input: Uint8Array, salt: Uint8Array): string {
  const alice = decodeAddress('5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY');
  return encodeAddress(blake2AsU8a(u8aConcat('contract_addr_v1', alice, codeHash, input, salt), 256), 42);
}

function isError(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'isErr' in result && result.isErr === true;
}
