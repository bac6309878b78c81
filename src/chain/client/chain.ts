import { UserError } from '../../system/errors.ts';
import { answerInvalid, chainNotLogos } from '../errors.ts';
import { developmentKey } from '../keys.ts';
import type {
  AccountId,
  Admission,
  ChainHead,
  ChainIdentity,
  ConfigurationSnapshot,
  HostSigner,
  LogosChain,
  Member,
  Operation,
  OperationKind,
  OperationOutcome,
  TransactionReceipt,
} from '../types.ts';
import { readConfiguration } from './configuration.ts';
import type { Connection } from './connection.ts';
import { Contract } from './contract.ts';
import { Heads, readHead } from './heads.ts';
import { OperationClient } from './operations.ts';
import { listSections } from './registry.ts';
import { accountRecord } from './schemas.ts';
import { TransactionQueue } from './transactions.ts';

/** LogosChain over a connection to any node of the chain. */
export class ChainClient implements LogosChain {
  readonly identity: ChainIdentity;
  readonly #connection: Connection;
  readonly #region: string;
  readonly #configuration: Contract;
  readonly #operations: OperationClient;
  readonly #queue: TransactionQueue;
  readonly #heads: Heads;

  private constructor(
    connection: Connection,
    region: string,
    identity: ChainIdentity,
    contracts: { configuration: Contract; operation: Contract },
  ) {
    this.identity = identity;
    this.#connection = connection;
    this.#region = region;
    this.#configuration = contracts.configuration;
    this.#queue = new TransactionQueue(connection);
    this.#operations = new OperationClient(connection, this.#queue, contracts.operation, region);
    this.#heads = new Heads(connection);
  }

  /** Throws UserError `chain-not-logos` when the connected chain lacks what a Logos chain has. */
  static async over(connection: Connection, region: string): Promise<ChainClient> {
    const { api, url } = connection;
    const identity = await readIdentity(connection);
    if (identity.specName !== 'logos') throw chainNotLogos(url, `its runtime is ${identity.specName.slice(0, 64)}`);
    if (!api.query.scl?.contracts || !api.tx.contracts?.call)
      throw chainNotLogos(url, 'it has no registry of contracts');
    const [configuration, operation] = await Promise.all([
      Contract.load('configuration', api),
      Contract.load('operation', api),
    ]);
    return new ChainClient(connection, region, identity, { configuration, operation });
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

  sections(): Promise<string[]> {
    return listSections(this.#connection, this.#region, 'Configuration');
  }

  member(account: AccountId): Promise<Member | undefined> {
    return this.#operations.member(account);
  }

  openOperations(host: AccountId): Promise<Operation[]> {
    return this.#operations.open(host);
  }

  operation(id: bigint): Promise<Operation | undefined> {
    return this.#operations.one(id);
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
    const transfer = this.#connection.api.tx.balances?.transferKeepAlive;
    if (transfer === undefined) throw answerInvalid('its balances');
    const { receipt } = await this.#queue.send(await developmentKey('//Alice'), async () => transfer(account, amount));
    return receipt;
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
