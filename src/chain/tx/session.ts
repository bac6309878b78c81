import type { ApiPromise } from '@polkadot/api';
import type { ApplyExtrinsicResult } from '@polkadot/types/interfaces';
import { Connection } from '../client/connection.ts';
import { requireRoom } from '../client/size.ts';
import { chainRefused, oneLine } from '../errors.ts';
import type { HostKey } from '../keys.ts';
import type { Hash } from '../types.ts';
import { makeCall, type Transaction } from './call.ts';
import { publicKeyOnLiveChain } from './errors.ts';
import { Follower } from './follow.ts';
import { type Inclusion, type Outcome, readOutcome, refusal } from './outcome.ts';
import { planTransaction, type TransactionPlan } from './plan.ts';
import { type SentTransaction, TransactionRecord } from './record.ts';
import { isDevelopmentKey, type KeyPlace, openKey } from './signer.ts';

export interface SubmitOptions {
  /** Milliseconds to wait until it is final. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Blocks in which a transaction is valid: about three minutes. */
const PERIOD = 64;

/** Plans and sends transactions of one account, each once. */
export class TransactionSession {
  readonly connection: Connection;
  readonly #signer: HostKey;
  readonly #records: string;
  readonly #specVersion: number;

  private constructor(connection: Connection, signer: HostKey, records: string) {
    this.connection = connection;
    this.#signer = signer;
    this.#records = records;
    this.#specVersion = connection.api.runtimeVersion.specVersion.toNumber();
  }

  /** `records` is the directory that remembers what was sent. Throws like `connectChain` and `hostKey`, and UserError `key-public`. */
  static async open(url: string, key: KeyPlace, records: string, timeoutMs: number): Promise<TransactionSession> {
    const signer = await openKey(key);
    const connection = await Connection.open(url, timeoutMs);
    muteLibrary();
    try {
      const { chain, chainType } = connection.api.rpc.system;
      const [name, type] = await connection.run('what it is', async () => [await chain(), await chainType()] as const);
      if (type.isLive && isDevelopmentKey(key.from)) throw publicKeyOnLiveChain(key.from, name.toString());
      return new TransactionSession(connection, signer, records);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get api(): ApiPromise {
    return this.connection.api;
  }

  get account(): string {
    return this.#signer.address;
  }

  /** Throws like `makeCall`. */
  call(name: string, values: readonly unknown[]): Transaction {
    return makeCall(this.api, name, values);
  }

  /** Throws like `planTransaction`. */
  plan(transaction: Transaction): Promise<TransactionPlan> {
    return planTransaction(this.connection, transaction, this.account);
  }

  /**
   * Sends a call and waits until it is in a final block. One that an earlier run sent, and whose outcome it did not live
   * to tell, is waited for and not sent a second time.
   * Throws ChainError `chain-refused`, ExternalError `transaction-timeout` or `transaction-dropped`, UserError `busy` or `transaction-too-large`.
   */
  async submit(transaction: Transaction, options: SubmitOptions): Promise<Outcome & { resumed: boolean }> {
    const genesis = this.api.genesisHash.toHex();
    const record = await TransactionRecord.open(this.#records, genesis, this.account, transaction.method.toU8a());
    try {
      const earlier = await this.#earlier(record);
      const sent = earlier ?? (await this.#sign(transaction));
      if (earlier === undefined) {
        await this.#trial(sent);
        await record.write(sent);
      }
      await this.#send(sent, record);
      const inclusion = await new Follower(this.connection, sent).untilFinal(options.timeoutMs, options.signal);
      // From here on its outcome is known, also when that is a refusal.
      await record.clear();
      return { ...(await this.#outcome(sent, inclusion)), resumed: earlier !== undefined };
    } finally {
      record.close();
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** An open connection mixes the types of two runtimes when one followed the other: a new one knows which block had which. */
  async #outcome(sent: SentTransaction, inclusion: Inclusion): Promise<Outcome> {
    const version = await this.connection.run('its runtime', () => this.api.rpc.state.getRuntimeVersion());
    if (version.specVersion.eq(this.#specVersion)) return readOutcome(this.connection, sent.hash, inclusion);
    const fresh = await Connection.open(this.connection.url, this.connection.timeoutMs);
    try {
      return await readOutcome(fresh, sent.hash, inclusion);
    } finally {
      await fresh.close();
    }
  }

  /** The transaction of an earlier run that may still come, or came and was not told of. */
  async #earlier(record: TransactionRecord): Promise<SentTransaction | undefined> {
    const sent = await record.read();
    if (sent === undefined) return undefined;
    const standing = await new Follower(this.connection, sent).standing();
    if (standing.state !== 'impossible') return sent;
    await record.clear();
    return undefined;
  }

  async #sign(transaction: Transaction): Promise<SentTransaction> {
    return this.connection.run('the account', async () => {
      const { api } = this;
      const { chain, system } = api.rpc;
      const final = (await chain.getHeader(await chain.getFinalizedHead())).number.toNumber();
      const best = (await chain.getHeader()).number.toNumber();
      // A block before the best one: the state knows its hash already, which a trial on that state needs.
      const birth = Math.max(0, Math.min(final, best - 1));
      const nonce = (await system.accountNextIndex(this.account)).toNumber();
      const era = api.registry.createType('ExtrinsicEra', { current: birth, period: PERIOD });
      const blockHash = await chain.getBlockHash(birth);
      const signed = await transaction.signAsync(this.#signer.pair, { nonce, era, blockHash });
      requireRoom(api, signed.encodedLength);
      return {
        version: 1,
        call: `${transaction.method.section}.${transaction.method.method}`,
        account: this.account,
        extrinsic: signed.toHex() as Hash,
        hash: signed.hash.toHex(),
        nonce,
        birth,
        period: PERIOD,
      };
    });
  }

  /** Lets the node run the transaction on a copy of its state: what would fail is refused here, and costs nothing. */
  async #trial({ extrinsic, nonce }: SentTransaction): Promise<void> {
    const { api } = this;
    const result = await this.connection.run('a trial', async () => {
      const account = await api.query.system?.account?.(this.account);
      const { nonce: next } = (account?.toJSON() ?? {}) as { nonce?: number };
      const height = (await api.rpc.chain.getHeader()).number.toNumber();
      // Behind another transaction of this account that waits, it can't be tried out; nor on the first block's state, which
      // does not know that block's hash.
      if (next !== nonce || height === 0) return undefined;
      const raw = await api.rpc.state.call('BlockBuilder_apply_extrinsic', extrinsic);
      return api.registry.createType<ApplyExtrinsicResult>('ApplyExtrinsicResult', raw.toU8a(true));
    });
    if (result === undefined) return;
    if (result.isErr) {
      const { type, value } = result.asErr;
      const reason = (value as { type?: string }).type ?? type;
      // The state still counts what the last block did: after a full one nothing has room there, and in the next block it has.
      if (reason === 'ExhaustsResources') return;
      throw chainRefused(reason === 'Payment' ? 'transactionPayment' : 'transaction', reason);
    }
    if (result.asOk.isErr) throw refusal(api.registry, result.asOk.asErr);
  }

  async #send(sent: SentTransaction, record: TransactionRecord): Promise<void> {
    try {
      await this.connection.run('a transaction', async () => {
        await this.api.rpc.author.submitExtrinsic(sent.extrinsic).catch((error: Error & { code?: number }) => {
          if (!isRefusal(error)) throw error;
          throw new PoolRefusal(error.message);
        });
      });
    } catch (error) {
      const why = (error as { cause?: unknown }).cause;
      if (!(why instanceof PoolRefusal)) throw error;
      const standing = await new Follower(this.connection, sent).standing();
      // The pool has it already, or a block has: that is what we want.
      if (standing.state === 'included' || /already imported|temporarily banned/i.test(why.message)) return;
      await record.clear();
      throw chainRefused('transaction', 'Invalid', ` (${oneLine(why.message)})`, why);
    }
  }
}

/** polkadot.js says on stdout that the runtime changed, which is no line of ours: with --json it would be no JSON. */
function muteLibrary(): void {
  globalThis.console.log = () => {};
}

class PoolRefusal extends Error {}

/** sc_rpc_api::author::error, 1010–1016: the node looked at the transaction and did not take it. */
function isRefusal({ code }: { code?: number }): boolean {
  return code !== undefined && code >= 1010 && code <= 1016;
}
