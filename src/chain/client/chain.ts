import { UserError } from '../../system/errors.ts';
import type { ConfigurationChange, ConnectedChain, ContractName, GatekeeperStanding } from '../contract-types.ts';
import { answerInvalid, chainNotLogos } from '../errors.ts';
import { developmentKey } from '../keys.ts';
import type { ContractDirectory, ContractKind, RegistrySource } from '../registry-types.ts';
import type {
  AccountId,
  Admission,
  ChainHead,
  ChainIdentity,
  ConfigurationSnapshot,
  Hash,
  HostSigner,
  Member,
  Operation,
  OperationKind,
  OperationOutcome,
  TransactionReceipt,
} from '../types.ts';
import { CallBatches } from './call-batches.ts';
import { readConfiguration, writtenChange } from './configuration.ts';
import type { Connection } from './connection.ts';
import { Contract } from './contract.ts';
import { DEPLOYMENT_SECTION, DeploymentClient } from './deployment.ts';
import { excludedIn } from './exclusions.ts';
import { Gatekeepers } from './gatekeepers.ts';
import { Heads, readHead } from './heads.ts';
import { LEASE_SECTION, LeaseClient } from './leases.ts';
import { MachineClient } from './machines.ts';
import { OPERATION_SECTION, OperationClient } from './operations.ts';
import { PLACEMENT_SECTION, PlacementClient } from './placement.ts';
import { PRIVACY_SECTION, PrivacyClient } from './privacy.ts';
import { anything, RegionContract } from './region-contract.ts';
import { listSections } from './registry.ts';
import { ConnectedRegistry } from './registry-source.ts';
import { accountRecord } from './schemas.ts';
import { TransactionQueue } from './transactions.ts';

/** LogosChain over a connection to any node of the chain. */
export class ChainClient implements ConnectedChain {
  readonly registry: RegistrySource;
  readonly privacy: PrivacyClient;
  readonly placement: PlacementClient;
  readonly deployment: DeploymentClient;
  readonly leases: LeaseClient;
  readonly machines: MachineClient;
  readonly #identity: ChainIdentity;
  readonly #connection: Connection;
  readonly #region: string;
  readonly #configuration: Contract;
  readonly #gatekeepers: Gatekeepers;
  readonly #operations: OperationClient;
  readonly #queue: TransactionQueue;
  readonly #heads: Heads;
  #directory: ContractDirectory | undefined;

  private constructor(connection: Connection, region: string, identity: ChainIdentity, configuration: Contract) {
    this.#identity = identity;
    this.#connection = connection;
    this.#region = region;
    this.#configuration = configuration;
    this.#queue = new TransactionQueue(connection);
    this.#gatekeepers = new Gatekeepers(connection, this.#queue, region);
    const operations = this.#at('operation', 'Operation', OPERATION_SECTION);
    const batches = new CallBatches(connection, this.#queue, operations);
    this.#operations = new OperationClient(operations, batches, this.#gatekeepers);
    this.machines = new MachineClient(connection, this.#queue, this.#gatekeepers, region);
    this.privacy = new PrivacyClient(this.#at('privacy', 'Privacy', PRIVACY_SECTION), () => this.head());
    this.placement = new PlacementClient(this.#at('placement', 'Operation', PLACEMENT_SECTION));
    this.deployment = new DeploymentClient(this.#at('deployment', 'Operation', DEPLOYMENT_SECTION), () => this.head());
    this.leases = new LeaseClient(this.#at('lease', 'Operation', LEASE_SECTION));
    this.#heads = new Heads(connection);
    this.registry = new ConnectedRegistry(connection, this.#heads, configuration, region);
  }

  /** Throws UserError `chain-not-logos` when the connected chain lacks what a Logos chain has. */
  static async over(connection: Connection, region: string): Promise<ChainClient> {
    const { api, url } = connection;
    const identity = await readIdentity(connection);
    if (identity.specName !== 'logos') throw chainNotLogos(url, `its runtime is ${identity.specName.slice(0, 64)}`);
    if (!api.query.scl?.contracts || !api.tx.contracts?.call)
      throw chainNotLogos(url, 'it has no registry of contracts');
    return new ChainClient(connection, region, identity, await Contract.load('configuration', api));
  }

  /** With the runtime that the chain has now. */
  get identity(): ChainIdentity {
    return { ...this.#identity, specVersion: this.#connection.api.runtimeVersion.specVersion.toNumber() };
  }

  head(): Promise<ChainHead> {
    return readHead(this.#connection);
  }

  onHead(listener: (head: ChainHead) => void): () => void {
    return this.#heads.add(listener);
  }

  async configuration(section: string): Promise<ConfigurationSnapshot> {
    const { hash } = await this.head();
    return readConfiguration(this.#connection, this.#configuration, this.#region, section, hash);
  }

  async configure(
    signer: HostSigner,
    section: string,
    version: number,
    changes: readonly ConfigurationChange[],
  ): Promise<TransactionReceipt> {
    const contract = this.#at('configuration', 'Configuration', section);
    return (await contract.tell(signer, 'apply', [version, changes.map(writtenChange)], anything)).receipt;
  }

  sections(): Promise<string[]> {
    return listSections(this.#connection, this.#region, 'Configuration');
  }

  member(account: AccountId): Promise<Member | undefined> {
    return this.#operations.member(account);
  }

  openOperations(host: AccountId): Promise<Operation[]> {
    return this.#operations.open(host);
  }

  operationsOf(host: AccountId): Promise<Operation[]> {
    return this.#operations.all(host);
  }

  operation(id: bigint): Promise<Operation | undefined> {
    return this.#operations.one(id);
  }

  async gatekeeperStanding(account: AccountId): Promise<GatekeeperStanding | undefined> {
    const record = await this.#gatekeepers.find(account);
    return record && (record.standing.toLowerCase() as GatekeeperStanding);
  }

  async balance(account: AccountId): Promise<bigint> {
    const accounts = this.#connection.api.query.system?.account;
    if (accounts === undefined) throw answerInvalid('its accounts');
    const record = await this.#connection.run('a balance', () => accounts(account));
    const parsed = accountRecord.safeParse(record.toJSON());
    if (!parsed.success) throw answerInvalid('a balance', parsed.error);
    return parsed.data.data.free;
  }

  async fund(account: AccountId, amount: bigint): Promise<TransactionReceipt> {
    if (!this.identity.development) {
      throw new UserError(
        'chain-not-development',
        `${this.identity.name} is no development chain: nobody gives funds.`,
        {
          nextSteps: ['Ask the region for funds for this host, and send them to its address (`logos chain keys`).'],
        },
      );
    }
    return this.pay(await developmentKey('//Alice'), account, amount);
  }

  async pay(signer: HostSigner, account: AccountId, amount: bigint): Promise<TransactionReceipt> {
    const transfer = this.#connection.api.tx.balances?.transferKeepAlive;
    if (transfer === undefined) throw answerInvalid('its balances');
    return (await this.#queue.send(signer, async () => transfer(account, amount))).receipt;
  }

  excludedIn(block: Hash): Promise<AccountId[]> {
    return excludedIn(this.#connection, block);
  }

  admit(signer: HostSigner, requestId: string, admission: Admission): Promise<TransactionReceipt> {
    return this.#operations.admit(signer, requestId, admission);
  }

  leave(signer: HostSigner): Promise<TransactionReceipt> {
    return this.#operations.leave(signer);
  }

  request(
    signer: HostSigner,
    requestId: string,
    host: AccountId,
    kind: OperationKind,
    deadlineBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    return this.#operations.request(signer, requestId, host, kind, deadlineBlocks);
  }

  claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#operations.claim(signer, id);
  }

  complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt> {
    return this.#operations.complete(signer, id, outcome);
  }

  #at(name: ContractName, kind: ContractKind, section: string): RegionContract {
    const place = { region: this.#region, kind, section };
    return new RegionContract(this.#connection, this.#queue, name, place, () => this.#directory);
  }

  consult(directory: ContractDirectory): void {
    this.#directory = directory;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

async function readIdentity(connection: Connection): Promise<ChainIdentity> {
  const { api } = connection;
  return connection.run('what it is', async () => {
    const [name, type] = await Promise.all([api.rpc.system.chain(), api.rpc.system.chainType()]);
    return {
      name: name.toString().slice(0, 128),
      genesis: api.genesisHash.toHex(),
      specName: api.runtimeVersion.specName.toString(),
      specVersion: api.runtimeVersion.specVersion.toNumber(),
      development: type.isDevelopment,
    };
  });
}
