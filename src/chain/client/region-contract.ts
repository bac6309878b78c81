import { z } from 'zod';
import { ChainError } from '../../system/errors.ts';
import type { Parser } from '../../system/files.ts';
import type { ContractName } from '../contract-types.ts';
import { answerInvalid, contractMoved, sectionUnknown } from '../errors.ts';
import type { ContractDirectory, ContractKind, RegisteredContract } from '../registry-types.ts';
import type { AccountId, Hash, HostSigner, TransactionReceipt } from '../types.ts';
import { callTransaction, widen } from './call.ts';
import type { Connection } from './connection.ts';
import { type Arguments, Contract, type DryRun } from './contract.ts';
import { findContract, requireContract } from './registry.ts';
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

/** The block that has a call. */
export type Inclusion = Pick<TransactionReceipt, 'block' | 'height'>;

/** Where a contract was found: `remembered` by a directory, or asked of the chain just now. */
interface Found {
  contract: RegisteredContract;
  remembered: boolean;
}

/**
 * One of a region's contracts, found anew for each call, so that a contract registered anew is the one that is called. A
 * directory that knows where it is saves asking the chain; what it says is never taken where the chain turns out to say
 * otherwise.
 */
export class RegionContract {
  readonly place: ContractPlace;
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;
  readonly #name: ContractName;
  readonly #directory: () => ContractDirectory | undefined;
  #loaded: Promise<Contract> | undefined;

  constructor(
    connection: Connection,
    queue: TransactionQueue,
    name: ContractName,
    place: ContractPlace,
    directory: () => ContractDirectory | undefined = () => undefined,
  ) {
    this.#connection = connection;
    this.#queue = queue;
    this.#name = name;
    this.#directory = directory;
    this.place = place;
  }

  /** The contract's account. Throws UserError `section-unknown`. */
  async address(at?: Hash): Promise<AccountId> {
    return (await this.#find(at)).contract.address;
  }

  /** The answer to a message on the state after block `at`, or the last one. */
  async ask<T>(message: string, args: Arguments, parser: Parser<T>, at?: Hash): Promise<T> {
    return (await this.tryOut(NOBODY, message, args, parser, undefined, at)).value;
  }

  /** What a call would do and cost. Throws ChainError when it would be refused. */
  async tryOut<T>(
    origin: AccountId,
    message: string,
    args: Arguments,
    parser: Parser<T>,
    value?: bigint,
    at?: Hash,
  ): Promise<DryRun<T> & { contract: AccountId }> {
    const found = await this.#find(at);
    const run = ({ contract }: Found) => this.#dryRun(contract.address, origin, message, args, parser, value, at);
    try {
      return await run(found);
    } catch (error) {
      if (!(await this.#hasMoved(found, error))) throw error;
      return run(await this.#ask(at));
    }
  }

  /**
   * Tries the call first: a refusal costs nothing then, and says why; then sends it. One that was refused, by the dry run or
   * in its block, did nothing; it is sent once more where the contract turns out to be another by now.
   * Throws ExternalError `contract-moved` where a call went to a contract that was replaced in the meantime.
   */
  async tell<T>(
    signer: HostSigner,
    message: string,
    args: Arguments,
    parser: Parser<T>,
    payment = 0n,
    onIncluded?: () => void,
  ): Promise<Told<T>> {
    let used: { found: Found; value: T } | undefined;
    const sendTo = (find: () => Promise<Found>) =>
      this.#queue.send(
        signer,
        async () => {
          const found = await find();
          const { address } = found.contract;
          try {
            const run = await this.#dryRun(address, signer.address, message, args, parser, payment);
            used = { found, value: run.value };
            return callTransaction(this.#connection.api, address, payment, widen(run.gas), run.data);
          } catch (error) {
            if (!(await this.#hasMoved(found, error))) throw error;
            throw new Moved();
          }
        },
        onIncluded,
      );
    const sent = await sendTo(() => this.#find()).catch(async (error: unknown) => {
      const moved = error instanceof Moved || (used !== undefined && (await this.#hasMoved(used.found, error)));
      if (!moved) throw error;
      return sendTo(() => this.#ask());
    });
    if (used === undefined) throw answerInvalid(message);
    await this.#requireStill(used.found, sent.receipt);
    return { receipt: sent.receipt, value: used.value, emitted: await this.emitted(sent.events) };
  }

  /**
   * Where calls that are not tried first go now. `requireStill` asks, when they are in a block, whether the contract was that
   * one then, and throws ExternalError `contract-moved` otherwise.
   */
  async destination(): Promise<{ address: AccountId; requireStill(included: Inclusion): Promise<void> }> {
    const found = await this.#find();
    return { address: found.contract.address, requireStill: (included) => this.#requireStill(found, included) };
  }

  /** The contract's own events among those of a transaction. */
  async emitted(events: Included['events']): Promise<ContractEvent[]> {
    return emittedBy(await this.#contract(), events);
  }

  async #dryRun<T>(
    contract: AccountId,
    origin: AccountId,
    message: string,
    args: Arguments,
    parser: Parser<T>,
    value?: bigint,
    at?: Hash,
  ): Promise<DryRun<T> & { contract: AccountId }> {
    const call = { origin, contract, message, args, value };
    const abi = await this.#contract();
    const run = await this.#connection.run(`${this.#name} (${message})`, () =>
      abi.dryRun(this.#connection.api, call, at, parser),
    );
    return { ...run, contract };
  }

  /** As the directory knows it, for the present; the chain is asked about the past, and where the directory does not know. */
  async #find(at?: Hash): Promise<Found> {
    const contract = at === undefined ? this.#directory()?.find(this.place.kind, this.place.section) : undefined;
    return contract === undefined ? this.#ask(at) : { contract, remembered: true };
  }

  async #ask(at?: Hash): Promise<Found> {
    const { region, kind, section } = this.place;
    const directory = at === undefined ? this.#directory() : undefined;
    const contract = await (directory === undefined
      ? requireContract(this.#connection, region, kind, section, at)
      : directory.look(kind, section));
    if (contract === undefined) throw sectionUnknown(section, region);
    return { contract, remembered: false };
  }

  /** Whether a refusal came from a contract that was remembered and is no longer the one. */
  async #hasMoved({ contract, remembered }: Found, error: unknown): Promise<boolean> {
    if (!remembered || !(error instanceof ChainError)) return false;
    const { region, kind, section } = this.place;
    const now = await findContract(this.#connection, region, kind, section);
    if (isSame(now, contract)) return false;
    this.#directory()?.doubt();
    return true;
  }

  /** A directory that has read that block knows; otherwise the chain is asked what the contract was after it. */
  async #requireStill({ contract, remembered }: Found, { block, height }: Inclusion): Promise<void> {
    const { region, kind, section } = this.place;
    if (!remembered) return;
    const known = this.#directory()?.find(kind, section);
    if (known !== undefined && known.knownAt >= height && isSame(known, contract)) return;
    if (isSame(await findContract(this.#connection, region, kind, section, block), contract)) return;
    this.#directory()?.doubt();
    throw contractMoved(section, region);
  }

  /** Its ABI takes a while to read, so it is read when it is first needed. */
  #contract(): Promise<Contract> {
    this.#loaded ??= Contract.load(this.#name, this.#connection.api);
    return this.#loaded;
  }
}

/** Takes a call out of its turn, to be prepared anew. */
class Moved extends Error {}

function isSame(one: RegisteredContract | undefined, other: RegisteredContract): boolean {
  return one?.address === other.address && one.revision === other.revision;
}

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
