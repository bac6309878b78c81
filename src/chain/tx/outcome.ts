import type { DispatchError, EventRecord } from '@polkadot/types/interfaces';
import type { Registry } from '@polkadot/types/types';
import type { Connection } from '../client/connection.ts';
import { answerInvalid, chainRefused } from '../errors.ts';
import type { BlockNumber, Hash } from '../types.ts';

/** Where a transaction is on the chain. */
export interface Inclusion {
  block: Hash;
  height: BlockNumber;
  /** Its place in the block. */
  index: number;
}

export interface TransactionEvent {
  pallet: string;
  name: string;
  data: unknown;
}

export interface Outcome extends Inclusion {
  transaction: Hash;
  /** Planck that were paid. */
  fee: bigint;
  events: readonly TransactionEvent[];
}

/**
 * What a transaction did, from the events of its block. Throws ChainError `chain-refused` when it failed, or when a call
 * failed inside one that itself succeeds, as with sudo, a proxy or a batch.
 */
export async function readOutcome(connection: Connection, transaction: Hash, at: Inclusion): Promise<Outcome> {
  const { api } = connection;
  return connection.run('the events of a block', async () => {
    // The block's own runtime knows how its events are written, also around an upgrade.
    const block = await api.at(at.block);
    const query = block.query.system?.events;
    if (query === undefined) throw answerInvalid('its events');
    const all = (await query()) as unknown as EventRecord[];
    const records = all.filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.eqn(at.index));
    const failure = records.map(({ event }) => failureIn(event)).find((error) => error !== undefined);
    if (failure !== undefined) throw refusal(block.registry, failure);
    return { ...at, transaction, fee: feeIn(records), events: records.map(({ event }) => describe(event)) };
  });
}

/** A runtime's error, with its pallet and name. */
export function refusal(registry: Registry, error: DispatchError): Error {
  if (error.isModule) {
    const { section, name, docs } = registry.findMetaError(error.asModule);
    return chainRefused(section, name, docs.length === 0 ? '' : ` (${docs.join(' ').trim().slice(0, 200)})`);
  }
  if (error.isToken) return chainRefused('token', error.asToken.type);
  return chainRefused('runtime', error.type);
}

type Event = EventRecord['event'];

function describe(event: Event): TransactionEvent {
  const names = event.data.names;
  const values = event.data.map((value) => value.toHuman());
  const data = names === null ? values : Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return { pallet: event.section, name: event.method, data };
}

/** Events in which a wrapped call's result stands, and the name of the field. */
const RESULTS: Readonly<Record<string, string>> = {
  'system.ExtrinsicFailed': 'dispatchError',
  'sudo.Sudid': 'sudoResult',
  'sudo.SudoAsDone': 'sudoResult',
  'proxy.ProxyExecuted': 'result',
  'multisig.MultisigExecuted': 'result',
  'utility.BatchInterrupted': 'error',
  'utility.ItemFailed': 'error',
  'utility.DispatchedAs': 'result',
  'council.MemberExecuted': 'result',
};

function failureIn(event: Event): DispatchError | undefined {
  const field = RESULTS[`${event.section}.${event.method}`];
  if (field === undefined) return undefined;
  const index = (event.data.names ?? []).findIndex(
    (name) => name.replaceAll('_', '') === field.toLowerCase() || camel(name) === field,
  );
  const value = event.data[index] as unknown as
    | { asErr?: DispatchError; isErr?: boolean; isModule?: boolean }
    | undefined;
  if (value?.isModule !== undefined) return value as unknown as DispatchError;
  return value?.isErr ? value.asErr : undefined;
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function feeIn(records: readonly EventRecord[]): bigint {
  const paid = records.find(
    ({ event }) => event.section === 'transactionPayment' && event.method === 'TransactionFeePaid',
  );
  return BigInt(paid?.event.data[1]?.toString() ?? 0);
}
