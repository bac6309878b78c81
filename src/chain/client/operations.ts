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
import type { Gatekeepers } from './gatekeepers.ts';
import { anything, bytes32, type ContractEvent, type RegionContract } from './region-contract.ts';
import { member, operation, operationId, operations } from './schemas.ts';

/** The region's operation contract is entered under the section that lends compute. */
export const OPERATION_SECTION = 'compute-section-1';

/** Asks and changes the operation contract (OSC) of a region. */
export class OperationClient {
  readonly #contract: RegionContract;
  readonly #gatekeepers: Gatekeepers;

  constructor(contract: RegionContract, gatekeepers: Gatekeepers) {
    this.#contract = contract;
    this.#gatekeepers = gatekeepers;
  }

  async member(account: AccountId): Promise<Member | undefined> {
    return (await this.#contract.ask('member', [account], member)) ?? undefined;
  }

  open(host: AccountId): Promise<Operation[]> {
    return this.#contract.ask('open_operations', [host], operations);
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
    const args = [bytes32(requestId), host, written(kind), deadlineBlocks];
    const { receipt, emitted, value } = await this.#contract.tell(signer, 'request', args, operationId);
    // Asked for before, it has no event of its own, and the dry run gave the id it has.
    return { id: requestedIn(emitted) ?? value, ...receipt };
  }

  async claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return (await this.#contract.tell(signer, 'claim', [id], anything)).receipt;
  }

  async complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt> {
    const written =
      'done' in outcome ? { Done: { result: bytes32(outcome.done) } } : { Failed: { reason: shorten(outcome.failed) } };
    return (await this.#contract.tell(signer, 'complete', [id, written], anything)).receipt;
  }
}

function requestedIn(emitted: readonly ContractEvent[]): bigint | undefined {
  const requested = emitted.find(({ name }) => name === 'OperationRequested');
  return requested === undefined ? undefined : operationId.parse(requested.args.operation);
}

/** As the contract's metadata names it. */
function written(operation: OperationKind): Record<string, unknown> {
  const { kind: _, ...fields } = operation;
  switch (operation.kind) {
    case 'start-dvm':
      return { StartDvm: fields };
    case 'stop-dvm':
      return { StopDvm: fields };
    case 'run':
      return { Run: { ...fields, library: bytes32(operation.library), command: bytes32(operation.command) } };
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The contract takes a reason of 256 bytes at most. */
function shorten(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= 256) return reason;
  return `${new TextDecoder().decode(bytes.subarray(0, 253)).replace(/\uFFFD+$/, '')}…`;
}
