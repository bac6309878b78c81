import { u8aToHex } from '@polkadot/util';
import { sha256Hex } from '../../system/canonical.ts';
import { Bug, ChainError } from '../../system/errors.ts';
import type { ContractName, DeployedContract, Deployment } from '../contract-types.ts';
import { answerInvalid, contractsUnregistered } from '../errors.ts';
import type { ContractKind } from '../registry-types.ts';
import type { Seed, SeedReader } from '../seed.ts';
import type { AccountId, ConfigurationSnapshot, ConfigurationValue, Hash, HostSigner } from '../types.ts';
import { callTransaction, unregisteredCall } from './call.ts';
import type { ChainClient } from './chain.ts';
import { builtInLayout, contractInfo, instanceOf, layoutSchema } from './code.ts';
import { writtenChange } from './configuration.ts';
import type { Connection } from './connection.ts';
import { Contract } from './contract.ts';
import { Gatekeepers } from './gatekeepers.ts';
import { RegionContract } from './region-contract.ts';
import { findContract } from './registry.ts';
import { type Transaction, TransactionQueue } from './transactions.ts';

/** Generous for each of the calls, of which a block has room for more than twenty. */
const GAS = { refTime: 40_000_000_000n, proofSize: 1_000_000n };
/** Approvals that a proposal needs on a chain that nobody else set up. */
const FIRST_THRESHOLD = 1;

/** A contract's place in the registry. */
interface Place {
  contract: ContractName;
  section: string;
  group: string;
  layer: number;
}

export interface DeployerOptions {
  seed: Seed;
  read: SeedReader;
  /**
   * Version of a section that was written by an earlier run; a section that is newer was changed by somebody else and is
   * left alone. Default 0: only sections that were never changed are given values.
   */
  written?: (section: string) => number;
  /** Told which version of a section is about to be written. */
  writing?: (section: string, version: number) => void;
  /** Leaves the registrations to somebody else, whoever signs. Default: not where the signer administers the chain. */
  leaveRegistrations?: boolean;
}

/** Finds out what a chain lacks of a region's contracts and values, and gives it that in one transaction. */
export class Deployer {
  readonly #connection: Connection;
  readonly #client: ChainClient;
  readonly #signer: HostSigner;
  readonly #options: DeployerOptions;
  readonly #queue: TransactionQueue;
  /** Calls in their order; the registrations come last, in one call of the administration. */
  readonly #calls: Transaction[] = [];
  readonly #registrations: Transaction[] = [];
  readonly #uploaded = new Set<Hash>();

  constructor(connection: Connection, client: ChainClient, signer: HostSigner, options: DeployerOptions) {
    this.#connection = connection;
    this.#client = client;
    this.#signer = signer;
    this.#options = options;
    this.#queue = new TransactionQueue(connection);
  }

  async run(): Promise<Deployment> {
    const { seed } = this.#options;
    const contracts: DeployedContract[] = [];
    for (const section of seed.sections) {
      contracts.push(await this.#section({ contract: 'configuration', ...section }, section.values));
    }
    for (const place of seed.contracts) contracts.push(await this.#contract(place));

    const registered = this.#registrations.length === 0 || (await this.#register());
    const deployment: Deployment = { region: seed.region, contracts };
    if (!registered) deployment.registration = this.#batch(this.#registrations).method.toHex();
    if (this.#calls.length > 0) {
      await new Gatekeepers(this.#connection, this.#queue, seed.region).register(this.#signer);
      deployment.receipt = await this.#send();
    }
    return deployment;
  }

  async #section(place: Place, values: Seed['sections'][number]['values']): Promise<DeployedContract> {
    const deployed = await this.#contract(place);
    // It was given its values when it was made.
    if (deployed.state === 'unregistered') return deployed;
    const there = deployed.state === 'deployed' ? undefined : await this.#client.configuration(place.section);
    const changes = this.#changes(place.section, values, there);
    if (changes.length > 0) {
      const version = there?.version ?? 0;
      await this.#call(deployed, 'apply', [version, changes]);
      // Noted before it is done: a version of ours that never came to be does no harm.
      this.#options.writing?.(place.section, version + 1);
    }
    return deployed;
  }

  /** Adds what makes, upgrades or registers a contract, where anything of it is missing. */
  async #contract(place: Place): Promise<DeployedContract> {
    const { seed } = this.#options;
    const kind = kindOf(place.contract);
    const contract = await Contract.load(place.contract, this.#connection.api);
    const { section } = place;
    const args: unknown[] = [{ region: seed.region, group: place.group, layer: place.layer, name: section }];
    if (place.contract === 'deployment') args.push(FIRST_THRESHOLD);
    const label = `${seed.region}/${kind}/${section}`;
    const instance = instanceOf(contract, this.#signer.address, label, args);
    const { codeHash } = instance;
    const as = (address: AccountId, state: DeployedContract['state']): DeployedContract => {
      return { contract: place.contract, kind, section, address, codeHash, state };
    };

    const found = await findContract(this.#connection, seed.region, kind, section);
    if (found?.codeHash === codeHash) return as(found.address, 'present');
    const { wasm } = contract.abi.info.source;
    if (found !== undefined && (await this.#codeOf(found.address)) === codeHash) {
      // Upgraded by an earlier run.
      this.#enter(place, kind, found.address);
      return as(found.address, 'unregistered');
    }
    if (found !== undefined && (await this.#takesOver(place, kind))) {
      const deployed = as(found.address, 'upgraded');
      if (!this.#uploaded.has(codeHash)) this.#add('contracts', 'uploadCode', wasm.toHex(), null, 'Enforced');
      this.#uploaded.add(codeHash);
      await this.#call(deployed, 'upgrade', [codeHash]);
      this.#enter(place, kind, found.address);
      return deployed;
    }
    this.#enter(place, kind, instance.address);
    if ((await this.#codeOf(instance.address)) !== undefined) return as(instance.address, 'unregistered');
    const deployed = as(instance.address, 'deployed');
    const rest = [instance.data, u8aToHex(instance.salt)];
    if (this.#uploaded.has(codeHash)) this.#add('contracts', 'instantiate', 0, GAS, null, codeHash, ...rest);
    else this.#add('contracts', 'instantiateWithCode', 0, GAS, null, wasm.toHex(), ...rest);
    this.#uploaded.add(codeHash);
    if (place.contract === 'operation') {
      await this.#call(deployed, 'set_admission_template', [seed.admissionTemplate]);
    }
    return deployed;
  }

  /** Whether this program's code reads what the registered contract has stored, and the contract can be upgraded. */
  async #takesOver({ contract, section }: Place, kind: ContractKind): Promise<boolean> {
    const place = { region: this.#options.seed.region, kind, section };
    const registered = new RegionContract(this.#connection, this.#queue, contract, place);
    try {
      const { digest } = await registered.ask('layout', [], layoutSchema);
      const layout = builtInLayout(contract);
      return layout.digest === digest || layout.accepts.includes(digest);
    } catch (error) {
      // A contract from before there were upgrades refuses the message that it doesn't know.
      if (error instanceof ChainError) return false;
      throw error;
    }
  }

  /** Values of the seed that a section lacks or has otherwise; none once somebody else has changed the section. */
  #changes(
    section: string,
    values: Seed['sections'][number]['values'],
    present: ConfigurationSnapshot | undefined,
  ): unknown[] {
    const { read, written } = this.#options;
    if (present !== undefined && present.version > (written?.(section) ?? 0)) return [];
    return Object.entries(values).flatMap(([key, value]) => {
      const bytes = read('inline' in value ? value.inline : value.artifact);
      const digest = sha256Hex(bytes);
      const there = present?.entries.get(key);
      if (there?.mediaType === value.mediaType && digestOf(there.value) === digest) return [];
      const next: ConfigurationValue =
        'inline' in value ? { kind: 'inline', bytes } : { kind: 'artifact', digest, size: bytes.length };
      return [writtenChange({ key, value: next, mediaType: value.mediaType })];
    });
  }

  /** Hash of the code of the contract at an address; `undefined` when there is none. */
  async #codeOf(address: AccountId): Promise<Hash | undefined> {
    const contracts = this.#connection.api.query.contracts?.contractInfoOf;
    if (contracts === undefined) throw new Bug('The runtime has no contracts.');
    const raw = await this.#connection.run('a contract', () => contracts(address));
    const info = contractInfo.safeParse(raw.toJSON());
    if (!info.success) throw answerInvalid('a contract', info.error);
    return info.data?.codeHash;
  }

  #enter({ section, layer }: Place, kind: ContractKind, address: AccountId): void {
    const { region } = this.#options.seed;
    this.#registrations.push(this.#tx('scl', 'registerContract', region, kind, section, layer, address));
  }

  /** Adds the registrations, if the signer administers the chain; otherwise somebody who does has to make them. */
  async #register(): Promise<boolean> {
    if (this.#options.leaveRegistrations === true) return false;
    const key = this.#connection.api.query.sudo?.key;
    const holder = key && (await this.#connection.run('who administers it', () => key()));
    if (holder?.toString() !== this.#signer.address) return false;
    this.#add('sudo', 'sudo', this.#batch(this.#registrations));
    return true;
  }

  async #send(): Promise<Deployment['receipt']> {
    const { receipt, events } = await this.#queue.send(this.#signer, async () => this.#batch(this.#calls));
    // Sudo reports the failure of what it did in an event of its own and succeeds all the same.
    const failed = events.find(
      ({ event }) => event.section === 'sudo' && event.method === 'Sudid' && isError(event.data[0]),
    );
    if (failed) throw contractsUnregistered(failed.event.data.toString());
    return receipt;
  }

  async #call({ address, contract, state }: DeployedContract, message: string, args: unknown[]): Promise<void> {
    const { abi } = await Contract.load(contract, this.#connection.api);
    const data = abi.findMessage(message).toU8a(args);
    const { api } = this.#connection;
    // It is entered at the end of the same transaction.
    const isNew = state === 'deployed';
    this.#calls.push(isNew ? unregisteredCall(api, address, GAS, data) : callTransaction(api, address, 0n, GAS, data));
  }

  #batch(calls: readonly Transaction[]): Transaction {
    return this.#tx('utility', 'batchAll', calls);
  }

  #add(pallet: string, name: string, ...args: unknown[]): void {
    this.#calls.push(this.#tx(pallet, name, ...args));
  }

  #tx(pallet: string, name: string, ...args: unknown[]): Transaction {
    const make = this.#connection.api.tx[pallet]?.[name];
    if (make === undefined) throw new Bug(`The runtime has no ${pallet}.${name}.`);
    return make(...args);
  }
}

function kindOf(contract: ContractName): ContractKind {
  if (contract === 'configuration') return 'Configuration';
  return contract === 'privacy' ? 'Privacy' : 'Operation';
}

function digestOf(value: ConfigurationValue): string {
  return value.kind === 'inline' ? sha256Hex(value.bytes) : value.digest;
}

function isError(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'isErr' in result && result.isErr === true;
}
