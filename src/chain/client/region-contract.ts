import { z } from 'zod';
import type { Parser } from '../../system/files.ts';
import type { ContractName } from '../contract-types.ts';
import { answerInvalid } from '../errors.ts';
import type { AccountId, Hash, HostSigner, TransactionReceipt } from '../types.ts';
import { callTransaction, widen } from './call.ts';
import type { Connection } from './connection.ts';
import { Contract, type DryRun } from './contract.ts';
import { type ContractKind, requireContract } from './registry.ts';
import type { Included, TransactionQueue } from './transactions.ts';

/** Where the registry has a contract. */
export interface ContractPlace {
  region: string;
  kind: ContractKind;
  section: string;
}

/** An event of a contract: its name, and its fields in the JSON form of polkadot.js. */
export interface ContractEvent {
  name: string;
  args: Readonly<Record<string, unknown>>;
}

/** What came of a call. */
export interface Told<T> {
  receipt: TransactionReceipt;
  /** What the dry run answered; in the block it may be another, and what counts is in the events. */
  value: T;
  emitted: readonly ContractEvent[];
}

/** Reading changes nothing, so any account may stand for the reader; this one can't have signed anything. */
export const NOBODY = '5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM';

/** For messages whose answer doesn't matter. */
export const anything: Parser<unknown> = { parse: (data) => data };

/** One of a region's contracts, found anew for each call, so that a contract registered anew is the one that is called. */
export class RegionContract {
  readonly place: ContractPlace;
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #name: ContractName;
  #loaded: Promise<Contract> | undefined;

  constructor(connection: Connection, queue: TransactionQueue, name: ContractName, place: ContractPlace) {
    this.#connection = connection;
    this.#queue = queue;
    this.#name = name;
    this.place = place;
  }

  /** The contract's account. Throws UserError `section-unknown`. */
  async address(at?: Hash): Promise<AccountId> {
    const { region, kind, section } = this.place;
    return (await requireContract(this.#connection, region, kind, section, at)).address;
  }

  /** The answer to a message on the state after block `at`, or the last one. */
  async ask<T>(message: string, args: readonly unknown[], parser: Parser<T>, at?: Hash): Promise<T> {
    return (await this.tryOut(NOBODY, message, args, parser, undefined, at)).value;
  }

  /** What a call would do and cost. Throws ChainError when it would be refused. */
  async tryOut<T>(
    origin: AccountId,
    message: string,
    args: readonly unknown[],
    parser: Parser<T>,
    value?: bigint,
    at?: Hash,
  ): Promise<DryRun<T> & { contract: AccountId }> {
    const contract = await this.address(at);
    const call = { origin, contract, message, args, value };
    const abi = await this.#contract();
    const run = await this.#connection.run(`${this.#name} (${message})`, () =>
      abi.dryRun(this.#connection.api, call, at, parser),
    );
    return { ...run, contract };
  }

  /** Tries the call first: a refusal costs nothing then, and says why; then sends it. */
  async tell<T>(
    signer: HostSigner,
    message: string,
    args: readonly unknown[],
    parser: Parser<T>,
    payment = 0n,
  ): Promise<Told<T>> {
    let answered: { value: T } | undefined;
    const { receipt, events } = await this.#queue.send(signer, async () => {
      const run = await this.tryOut(signer.address, message, args, parser, payment);
      answered = run;
      return callTransaction(this.#connection.api, run.contract, payment, widen(run.gas), run.data);
    });
    if (answered === undefined) throw answerInvalid(message);
    return { receipt, value: answered.value, emitted: emittedBy(await this.#contract(), events) };
  }

  /** Its ABI takes a while to read, so it is read when it is first needed. */
  #contract(): Promise<Contract> {
    this.#loaded ??= Contract.load(this.#name, this.#connection.api);
    return this.#loaded;
  }
}

/** The contract's own events among those of a transaction. */
function emittedBy(contract: Contract, events: Included['events']): ContractEvent[] {
  return events.flatMap((record) => {
    if (record.event.section !== 'contracts' || record.event.method !== 'ContractEmitted') return [];
    const { event, args } = contract.abi.decodeEvent(record);
    const fields = event.args.map(({ name }, index) => [name, args[index]?.toJSON()]);
    return [{ name: event.identifier.split('::').at(-1) ?? '', args: Object.fromEntries(fields) }];
  });
}

const hash = z.string().regex(/^(0x)?[0-9a-f]{64}$/);

/** 32 bytes in hexadecimal, with the prefix that polkadot.js wants. Throws on anything else. */
export function bytes32(text: string): Hash {
  return `0x${hash.parse(text).replace(/^0x/, '')}`;
}
