import type { TransactionSession } from './tx/session.ts';
import type { KeyPlace } from './tx/signer.ts';
import { parseChainUrl } from './url.ts';

export interface TransactionOptions {
  key: KeyPlace;
  /** Directory that remembers what was sent until its outcome is known. */
  records: string;
  /** Milliseconds that each call to the chain may take. Default 10,000. */
  timeoutMs?: number;
}

/** Connects to a chain to send any call to it. Throws like `connectChain` and `hostKey`. */
export async function openTransactions(url: string, options: TransactionOptions): Promise<TransactionSession> {
  parseChainUrl(url);
  const { TransactionSession: session } = await import('./tx/session.ts');
  return session.open(url, options.key, options.records, options.timeoutMs ?? 10_000);
}

/** The part that plans and does upgrades; it loads polkadot.js and the executor. */
export function openUpgrade(): Promise<typeof import('./upgrade/index.ts')> {
  return import('./upgrade/index.ts');
}
