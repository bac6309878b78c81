import type { ApiPromise } from '@polkadot/api';
import type { RuntimeDispatchInfo } from '@polkadot/types/interfaces';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import type { Connection } from '../client/connection.ts';
import { accountRecord } from '../client/schemas.ts';
import { answerInvalid } from '../errors.ts';
import type { AccountId, Hash } from '../types.ts';
import type { Transaction } from './call.ts';
import { unfunded } from './errors.ts';

/** What a transaction would be, before anything is signed. */
export interface TransactionPlan {
  /** `pallet.call`. */
  call: string;
  /** By name, as people read them. */
  arguments: Readonly<Record<string, unknown>>;
  /** The call's bytes, as a proposal or a multisig names them; in hexadecimal. */
  encoded: Hash;
  /** BLAKE2b-256 of those bytes. */
  callHash: Hash;
  account: AccountId;
  /** Planck; what the chain estimates for now. */
  fee: bigint;
  /** Planck that the account has free. */
  balance: bigint;
}

/**
 * Asks the chain what a call would cost; it is not signed for that, so that nobody could send it on.
 * Throws UserError `account-unfunded` when the account could not even pay the fee.
 */
export async function planTransaction(
  connection: Connection,
  transaction: Transaction,
  account: AccountId,
): Promise<TransactionPlan> {
  const { api } = connection;
  const { method } = transaction;
  const [fee, balance] = await connection.run(
    'the fee',
    async () => [await estimate(api, transaction, account), await freeBalance(api, account)] as const,
  );
  if (balance < fee) throw unfunded(account, balance, fee);
  const values = method.args.map((value, index) => [
    method.meta.args[index]?.name.toString() ?? String(index),
    shorten(value.toHuman()),
  ]);
  return {
    call: `${method.section}.${method.method}`,
    arguments: Object.fromEntries(values) as Record<string, unknown>,
    encoded: method.toHex() as Hash,
    callHash: method.hash.toHex() as Hash,
    account,
    fee,
    balance,
  };
}

async function estimate(api: ApiPromise, transaction: Transaction, account: AccountId): Promise<bigint> {
  const nonce = await api.rpc.system.accountNextIndex(account);
  const era = api.registry.createType('ExtrinsicEra', { current: 1, period: 64 });
  const unsigned = api.registry.createType('Extrinsic', transaction.method, { version: transaction.version });
  const fake = unsigned.signFake(account, {
    blockHash: api.genesisHash,
    era,
    genesisHash: api.genesisHash,
    nonce,
    runtimeVersion: api.runtimeVersion,
  });
  // Asked of the runtime itself: the RPC of the same name writes its answer in another way on each node.
  const length = api.registry.createType('u32', fake.encodedLength);
  const raw = await api.rpc.state.call(
    'TransactionPaymentApi_query_info',
    u8aToHex(u8aConcat(fake.toU8a(), length.toU8a())),
  );
  const info = api.registry.createType('RuntimeDispatchInfoV2', raw.toU8a(true)) as unknown as RuntimeDispatchInfo;
  return BigInt(info.partialFee.toString());
}

async function freeBalance(api: ApiPromise, account: AccountId): Promise<bigint> {
  const accounts = api.query.system?.account;
  if (accounts === undefined) throw answerInvalid('its accounts');
  const parsed = accountRecord.safeParse((await accounts(account)).toJSON());
  if (!parsed.success) throw answerInvalid('a balance', parsed.error);
  return parsed.data.data.free;
}

const LONGEST = 400;

/** A runtime's code is an argument too, and nobody reads millions of digits. */
function shorten(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= LONGEST) return value;
  return `${value.slice(0, 80)}… (${value.length} characters)`;
}
