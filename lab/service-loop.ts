import { setTimeout as delay } from 'node:timers/promises';
import type { HostSigner, LogosChain, TransactionReceipt } from '../src/chain/index.ts';

/** What a program that stays connected did so far, and what went wrong. */
export interface ServiceLoop {
  readonly receipts: readonly TransactionReceipt[];
  readonly errors: readonly Error[];
  /** Heights that it was told of. */
  readonly heads: readonly number[];
  readonly rounds: number;
  /** Waits until it did `count` more rounds. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Reads, and sends transactions where `sends`, again and again over one connection, as a service does. */
export function startServiceLoop(chain: LogosChain, account: HostSigner['address'], sends = true): ServiceLoop {
  const receipts: TransactionReceipt[] = [];
  const errors: Error[] = [];
  const heads: number[] = [];
  let rounds = 0;
  let stopped = false;
  const stopListening = chain.onHead(({ height }) => heads.push(height));
  const round = async (): Promise<void> => {
    const before = await chain.balance(account);
    if (sends) {
      receipts.push(await chain.fund(account, 1_000_000_000n));
      if ((await chain.balance(account)) !== before + 1_000_000_000n) throw new Error('the funds did not arrive');
    }
    if ((await chain.configuration('security-section-1')).entries.size === 0) throw new Error('an empty section');
    await chain.member(account);
  };
  const working = (async () => {
    while (!stopped) {
      await round().catch((error: Error) => errors.push(error));
      rounds += 1;
      await delay(50);
    }
  })();
  return {
    receipts,
    errors,
    heads,
    get rounds() {
      return rounds;
    },
    more: async (count) => {
      for (const until = rounds + count; rounds < until; ) await delay(20);
    },
    stop: async () => {
      stopped = true;
      stopListening();
      await working;
    },
  };
}
