import type { LogosError } from '../../system/errors.ts';
import type { VerifiedChain } from './chain.ts';
import type { Trust } from './head.ts';

export type { VerifiedChain } from './chain.ts';
export { isSilence, isUnproven } from './errors.ts';
export type { Trust, VerifiedHead } from './head.ts';
export { TrustedChain } from './trusted-chain.ts';

export interface OpenVerifiedOptions {
  /** WebSocket addresses of nodes, in the order in which they are asked. */
  endpoints: readonly string[];
  /** Hash of the chain's genesis block. A development chain on this machine, which has no finality proofs, needs none. */
  genesis?: string;
  /** File of the chain's raw specification, in place of the hash: nodes forget the state of the genesis block. */
  specification?: string;
  /** File with a later block to trust, from a source that is trusted. */
  checkpointFile?: string;
  /** Directory that keeps how far this machine has verified, a file for each chain. */
  store?: string;
  /** Name of the region whose contracts are meant. Default `local`. */
  region?: string;
  /** Milliseconds that the last final block may be old. Default 60,000; without limit for a development chain. */
  maxAgeMs?: number;
  /** Milliseconds that each call to an endpoint may take. Default 10,000. */
  timeoutMs?: number;
  /**
   * What heads must rest on, where that is known from before: a chain that proved finality once must go on to, and an
   * endpoint that says it can't is refused. Default: `local` for a development chain on this machine, else `finality`.
   */
  trust?: Trust;
  /** For how long, in milliseconds, a head is used before a newer one is asked for. Default 3,000. */
  refreshMs?: number;
  /** Told of each endpoint that was passed over, and why. */
  onRejected?: (error: LogosError) => void;
}

/**
 * Opens a chain for reading without trust in any endpoint: each value comes with a proof against a final block.
 * Close it in the end. Throws UserError `chain-url-invalid`, `trust-anchor-missing` or `checkpoint-invalid`.
 */
export async function openVerifiedChain(options: OpenVerifiedOptions): Promise<VerifiedChain> {
  const { openChain } = await import('./chain.ts');
  return openChain(options);
}
