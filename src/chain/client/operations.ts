import { z } from 'zod';
import type { Parser } from '../../system/files.ts';
import { answerInvalid, sectionUnknown } from '../errors.ts';
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
import type { Connection } from './connection.ts';
import type { Contract } from './contract.ts';
import { requireContract } from './registry.ts';
import { member, operation, operationId, operations } from './schemas.ts';
import type { Included, TransactionQueue } from './transactions.ts';

/** The region's operation contract is entered under the section that lends compute. */
export const OPERATION_SECTION = 'compute-section-1';

const anything: Parser<unknown> = { parse: (data) => data };
const hash = z.string().regex(/^(0x)?[0-9a-f]{64}$/);
/** A block may come between the dry run and the transaction, and the state may have grown by then. */
const GAS_MARGIN_PERCENT = 130n;

/** Asks and changes the operation contract (OSC) of a region. */
export class OperationClient {
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #contract: Contract;
  readonly #region: string;

  constructor(connection: Connection, queue: TransactionQueue, contract: Contract, region: string) {
    this.#connection = connection;
    this.#queue = queue;
    this.#contract = contract;
    this.#region = region;
  }

  async member(account: AccountId): Promise<Member | undefined> {
    return (await this.#ask('member', [account], account, member)) ?? undefined;
  }

  open(host: AccountId): Promise<Operation[]> {
    return this.#ask('open_operations', [host], host, operations);
  }

  async one(id: bigint): Promise<Operation | undefined> {
    const { address } = await this.#find();
    return (await this.#ask('operation', [id], address, operation)) ?? undefined;
  }

  async admit(signer: HostSigner, requestId: string, admission: Admission): Promise<TransactionReceipt> {
    const written = { ...admission, path: capital(admission.path), inventory: bytes32(admission.inventory) };
    return (await this.#tell(signer, 'admit', [bytes32(requestId), written], anything)).receipt;
  }

  async leave(signer: HostSigner): Promise<TransactionReceipt> {
    return (await this.#tell(signer, 'leave', [], anything)).receipt;
  }

  async request(
    signer: HostSigner,
    requestId: string,
    host: AccountId,
    kind: OperationKind,
    deadlineBlocks: number,
  ): Promise<{ id: bigint } & TransactionReceipt> {
    const { kind: label, ...fields } = kind;
    const written = { [label === 'start-dvm' ? 'StartDvm' : 'StopDvm']: fields };
    const args = [bytes32(requestId), host, written, deadlineBlocks];
    const { receipt, events, value } = await this.#tell(signer, 'request', args, operationId);
    // Asked for before, it has no event of its own, and the dry run gave the id it has.
    return { id: this.#requestedIn(events) ?? value, ...receipt };
  }

  async claim(signer: HostSigner, id: bigint): Promise<TransactionReceipt> {
    return (await this.#tell(signer, 'claim', [id], anything)).receipt;
  }

  async complete(signer: HostSigner, id: bigint, outcome: OperationOutcome): Promise<TransactionReceipt> {
    const written =
      'done' in outcome ? { Done: { result: bytes32(outcome.done) } } : { Failed: { reason: shorten(outcome.failed) } };
    return (await this.#tell(signer, 'complete', [id, written], anything)).receipt;
  }

  async #find(): Promise<{ address: AccountId }> {
    return requireContract(this.#connection, this.#region, 'Operation', OPERATION_SECTION);
  }

  async #ask<T>(message: string, args: readonly unknown[], origin: AccountId, parser: Parser<T>): Promise<T> {
    const { address: contract } = await this.#find();
    return this.#connection.run(`operations (${message})`, async () => {
      const call = { origin, contract, message, args };
      return (await this.#contract.dryRun(this.#connection.api, call, undefined, parser)).value;
    });
  }

  /** Tries the call first: a refusal costs nothing then, and says why; then sends it. */
  async #tell<T>(
    signer: HostSigner,
    message: string,
    args: readonly unknown[],
    parser: Parser<T>,
  ): Promise<Included & { value: T }> {
    const { api } = this.#connection;
    let value: T | undefined;
    const dryRun = async () => {
      const { address: contract } = await this.#find();
      const run = await this.#connection.run(`operations (${message})`, () =>
        this.#contract.dryRun(api, { origin: signer.address, contract, message, args }, undefined, parser),
      );
      return { ...run, contract };
    };
    const included = await this.#queue.send(signer, async () => {
      const { gas, data, contract, value: answered } = await dryRun();
      value = answered;
      const call = api.tx.contracts?.call;
      if (call === undefined) throw sectionUnknown(OPERATION_SECTION, this.#region);
      return call(contract, 0, widen(gas), null, data);
    });
    if (value === undefined) throw answerInvalid(message);
    return { ...included, value };
  }

  #requestedIn(events: Included['events']): bigint | undefined {
    for (const record of events) {
      if (record.event.section !== 'contracts' || record.event.method !== 'ContractEmitted') continue;
      const { event, args } = this.#contract.abi.decodeEvent(record);
      const index = event.args.findIndex(({ name }) => name === 'operation');
      if (event.identifier.endsWith('OperationRequested')) return operationId.parse(args[index]?.toJSON());
    }
    return undefined;
  }
}

function widen(gas: { refTime: bigint; proofSize: bigint }): { refTime: bigint; proofSize: bigint } {
  return {
    refTime: (gas.refTime * GAS_MARGIN_PERCENT) / 100n,
    proofSize: (gas.proofSize * GAS_MARGIN_PERCENT) / 100n,
  };
}

/** 32 bytes in hexadecimal, with the prefix that polkadot.js wants. Throws on anything else. */
function bytes32(text: string): string {
  return `0x${hash.parse(text).replace(/^0x/, '')}`;
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
