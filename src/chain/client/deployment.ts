import type { DeploymentChange, DeploymentContract, DeploymentProposal, DeploymentView } from '../contract-types.ts';
import type { ChainHead, HostSigner, TransactionReceipt } from '../types.ts';
import { id64, number32, proposal, proposals } from './contract-schemas.ts';
import { anything, bytes32, type RegionContract } from './region-contract.ts';

export const DEPLOYMENT_SECTION = 'deployment-section-1';

/** Most proposals that the contract gives at a time (contracts/deployment/src/limits.rs). */
const PAGE = 64;

/** Asks and changes the deployment contract (OSC) of a region. */
export class DeploymentClient implements DeploymentContract {
  readonly #contract: RegionContract;
  readonly #head: () => Promise<ChainHead>;

  constructor(contract: RegionContract, head: () => Promise<ChainHead>) {
    this.#contract = contract;
    this.#head = head;
  }

  async view(): Promise<DeploymentView> {
    const { height, hash } = await this.#head();
    return {
      height,
      from: async (first) => {
        const found: DeploymentProposal[] = [];
        for (;;) {
          const page = await this.#contract.ask('proposals', [first + BigInt(found.length), PAGE], proposals, hash);
          found.push(...page);
          if (page.length < PAGE) return found;
        }
      },
      current: async (target) => (await this.#contract.ask('current', [target], proposal, hash)) ?? undefined,
    };
  }

  async propose(
    signer: HostSigner,
    requestId: string,
    change: DeploymentChange,
    waitBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    const { target, closure, size, replaces } = change;
    const written = {
      target,
      closure: bytes32(closure),
      size,
      replaces: replaces === undefined ? null : bytes32(replaces),
    };
    const { receipt, emitted, value } = await this.#contract.tell(
      signer,
      'propose',
      [bytes32(requestId), written, waitBlocks],
      id64,
    );
    // Proposed before, it has no event of its own, and the dry run gave the id it has.
    const proposed = emitted.find(({ name }) => name === 'ChangeProposed');
    return { id: proposed === undefined ? value : id64.parse(proposed.args.proposal), ...receipt };
  }

  approve(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'approve', [id]);
  }

  reject(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'reject', [id]);
  }

  withdraw(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'withdraw', [id]);
  }

  expire(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return this.#tell(signer, 'expire', [id]);
  }

  report(
    signer: HostSigner,
    id: bigint,
    outcome: { applied: string } | { failed: string },
  ): Promise<TransactionReceipt> {
    const written =
      'applied' in outcome ? { Applied: { report: bytes32(outcome.applied) } } : { Failed: { reason: outcome.failed } };
    return this.#tell(signer, 'report', [id, written]);
  }

  setThreshold(signer: HostSigner, threshold: number): Promise<TransactionReceipt> {
    return this.#tell(signer, 'set_threshold', [threshold]);
  }

  threshold(): Promise<number> {
    return this.#contract.ask('threshold', [], number32);
  }

  async proposal(id: bigint): Promise<DeploymentProposal | undefined> {
    return (await this.#contract.ask('proposal', [id], proposal)) ?? undefined;
  }

  async current(target: string): Promise<DeploymentProposal | undefined> {
    return (await this.#contract.ask('current', [target], proposal)) ?? undefined;
  }

  async #tell(signer: HostSigner, message: string, args: readonly unknown[]): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, message, args, anything)).receipt;
  }
}
