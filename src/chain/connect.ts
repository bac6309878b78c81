import type { ConnectedChain } from './contract-types.ts';
import { parseChainUrl } from './url.ts';

export interface ConnectOptions {
  /** Name of the region whose contracts are meant. Default `local`. */
  region?: string;
  /** Milliseconds that connecting, and each call, may take. Default 10,000. Transactions may take a minute. */
  timeoutMs?: number;
}

/**
 * Connects to a chain, embedded or remote, by its WebSocket address.
 * Throws UserError `chain-url-invalid`, `chain-unreachable` or `chain-not-logos`.
 */
export async function connectChain(url: string, options: ConnectOptions = {}): Promise<ConnectedChain> {
  parseChainUrl(url);
  const { openChain } = await import('./client/connect.ts');
  return openChain(url, options.region ?? 'local', options.timeoutMs ?? 10_000);
}
