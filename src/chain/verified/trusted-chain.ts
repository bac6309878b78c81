import type { ConnectedChain, DeploymentContract } from '../contract-types.ts';
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
import type { VerifiedChain } from './chain.ts';

/**
 * A chain whose node is not believed: what a host acts on (its configuration, its standing, what it is asked to do) is
 * read with proof, and the connection only carries transactions and tells of new blocks. What a transaction of this very
 * connection did is seen by the reads after it.
 */
export class TrustedChain implements LogosChain {
  /** Contracts that the node is asked about: what they pay and whom they obey, they check themselves. */
  readonly deployment?: ConnectedChain['deployment'];
  readonly leases?: ConnectedChain['leases'];
  readonly privacy?: ConnectedChain['privacy'];
  readonly gatekeeperStanding?: ConnectedChain['gatekeeperStanding'];
  readonly #connection: LogosChain;
  readonly #verified: VerifiedChain;

  constructor(
    connection: LogosChain & Partial<Pick<ConnectedChain, 'deployment' | 'gatekeeperStanding' | 'leases' | 'privacy'>>,
    verified: VerifiedChain,
  ) {
    this.#connection = connection;
    this.#verified = verified;
    this.deployment = connection.deployment && this.#proven(connection.deployment);
    this.leases = connection.leases;
    this.privacy = connection.privacy;
    this.gatekeeperStanding = connection.gatekeeperStanding?.bind(connection);
  }

  get identity(): ChainIdentity {
    return this.#connection.identity;
  }

  /** The last final block: by a height that a node made up, operations would be late. */
  async head(): Promise<ChainHead> {
    const { height, hash } = await this.#verified.head();
    return { height, hash, finalized: height };
  }

  /** As the node tells of them: good for looking again, not for acting on. */
  onHead(listener: (head: ChainHead) => void): () => void {
    return this.#connection.onHead((head) => {
      this.#verified.outdate();
      listener(head);
    });
  }

  configuration(section: string): Promise<ConfigurationSnapshot> {
    return this.#verified.section(section);
  }

  sections(): Promise<string[]> {
    return this.#connection.sections();
  }

  member(account: AccountId): Promise<Member | undefined> {
    return this.#verified.member(account);
  }

  openOperations(host: AccountId): Promise<Operation[]> {
    return this.#verified.openOperations(host);
  }

  operation(id: bigint): Promise<Operation | undefined> {
    return this.#verified.operation(id);
  }

  balance(account: AccountId): Promise<bigint> {
    return this.#connection.balance(account);
  }

  fund(account: AccountId, amount: bigint): Promise<TransactionReceipt> {
    return this.#seen(this.#connection.fund(account, amount));
  }

  admit(signer: HostSigner, requestId: string, admission: Admission): Promise<TransactionReceipt> {
    return this.#seen(this.#connection.admit(signer, requestId, admission));
  }

  leave(signer: HostSigner): Promise<TransactionReceipt> {
    return this.#seen(this.#connection.leave(signer));
  }

  request(
    signer: HostSigner,
    requestId: string,
    host: AccountId,
    kind: OperationKind,
    deadlineBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    return this.#seen(this.#connection.request(signer, requestId, host, kind, deadlineBlocks));
  }

  claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#seen(this.#connection.claim(signer, id));
  }

  complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt> {
    return this.#seen(this.#connection.complete(signer, id, outcome));
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#verified.close()]);
  }

  /** What hosts apply is read with proof; the node is asked for nothing but to carry transactions. */
  #proven(contract: DeploymentContract): DeploymentContract {
    const view = () => this.#verified.deployments();
    const one = async (id: bigint) => (await (await view()).from(id)).find((proposal) => proposal.id === id);
    return {
      view,
      proposal: one,
      current: async (target) => (await view()).current(target),
      threshold: () => contract.threshold(),
      propose: (signer, requestId, change, waitBlocks) =>
        this.#seen(contract.propose(signer, requestId, change, waitBlocks)),
      approve: (signer, id) => this.#seen(contract.approve(signer, id)),
      reject: (signer, id) => this.#seen(contract.reject(signer, id)),
      withdraw: (signer, id) => this.#seen(contract.withdraw(signer, id)),
      expire: (signer, id) => this.#seen(contract.expire(signer, id)),
      report: (signer, id, outcome) => this.#seen(contract.report(signer, id, outcome)),
      setThreshold: (signer, threshold) => this.#seen(contract.setThreshold(signer, threshold)),
    };
  }

  async #seen<T extends TransactionReceipt>(sent: Promise<T>): Promise<T> {
    const receipt = await sent;
    this.#verified.expect(receipt.height);
    return receipt;
  }
}
