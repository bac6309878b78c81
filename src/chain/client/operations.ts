import type {
  AccountId,
  Admission,
  HostSigner,
  Member,
  Operation,
  OperationKind,
  OperationOutcome,
  TransactionReceipt,
} from '../types.ts';
import type { CallBatches } from './call-batches.ts';
import type { Gatekeepers } from './gatekeepers.ts';
import { encodeClaim, encodeCompletion, encodeRequest } from './operation-calls.ts';
import { anything, bytes32, type ContractEvent, type RegionContract } from './region-contract.ts';
import { member, operation, operationId, operations } from './schemas.ts';

/** The region's operation contract is entered under the section that lends compute. */
export const OPERATION_SECTION = 'compute-section-1';

/** Most operations that the contract gives at a time. */
const PAGE = 64;

/** Asks and changes the operation contract (OSC) of a region. */
export class OperationClient {
  readonly #contract: RegionContract;
  readonly #batches: CallBatches;
  readonly #gatekeepers: Gatekeepers;

  constructor(contract: RegionContract, batches: CallBatches, gatekeepers: Gatekeepers) {
    this.#contract = contract;
    this.#batches = batches;
    this.#gatekeepers = gatekeepers;
  }

  async member(account: AccountId): Promise<Member | undefined> {
    return (await this.#contract.ask('member', [account], member)) ?? undefined;
  }

  open(host: AccountId): Promise<Operation[]> {
    return this.#contract.ask('open_operations', [host], operations);
  }

  async all(host: AccountId): Promise<Operation[]> {
    const found: Operation[] = [];
    for (;;) {
      const page = await this.#contract.ask('operations_of', [host, found.length, PAGE], operations);
      found.push(...page);
      if (page.length < PAGE) return found;
    }
  }

  async one(id: bigint): Promise<Operation | undefined> {
    return (await this.#contract.ask('operation', [id], operation)) ?? undefined;
  }

  /** Registers the host as a gatekeeper first, where the chain wants that: only gatekeepers call contracts. */
  async admit(signer: HostSigner, requestId: string, admission: Admission): Promise<TransactionReceipt> {
    await this.#gatekeepers.register(signer);
    const written = { ...admission, path: capital(admission.path), inventory: bytes32(admission.inventory) };
    return (await this.#contract.tell(signer, 'admit', [bytes32(requestId), written], anything)).receipt;
  }

  async leave(signer: HostSigner): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, 'leave', [], anything)).receipt;
  }

  async request(
    signer: HostSigner,
    requestId: string,
    host: AccountId,
    kind: OperationKind,
    deadlineBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    const call = encodeRequest(requestId, host, kind, deadlineBlocks);
    const { receipt, emitted, value } = await this.#batches.tell(signer, call, operationId);
    // Asked for before, it has no event of its own, and a dry run gives the id it has.
    const known = async () => (await this.#contract.tryOut(signer.address, 'request', call.data, operationId)).value;
    return { id: requestedIn(emitted) ?? value ?? (await known()), ...receipt };
  }

  async claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return (await this.#batches.tell(signer, encodeClaim(id), anything)).receipt;
  }

  async complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt> {
    return (await this.#batches.tell(signer, encodeCompletion(id, outcome), anything)).receipt;
  }
}

function requestedIn(emitted: readonly ContractEvent[]): bigint | undefined {
  const requested = emitted.find(({ name }) => name === 'OperationRequested');
  return requested === undefined ? undefined : operationId.parse(requested.args.operation);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
