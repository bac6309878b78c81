import type { Deployment } from './contract-types.ts';
import type { ProposeOptions } from './governance/propose.ts';
import type { KeyPlace } from './tx/signer.ts';
import { parseChainUrl } from './url.ts';

export interface DeployOptions {
  /** Whose contracts. Default: the region of the built-in seed, `local`. */
  region?: string;
  /** Who makes the contracts and administers them. Default //Alice, on development chains only. */
  key?: KeyPlace;
  /** Puts the registrations to a referendum, where the chain has no administrator, or the signer is not the one. */
  referendum?: ReferendumOptions;
  /** Milliseconds that connecting, and each call, may take. Default 30,000. */
  timeoutMs?: number;
}

export interface ReferendumOptions extends ProposeOptions {
  /** Directory that remembers what was sent until its outcome is known. */
  records: string;
}

/**
 * Gives a chain all contracts of a region and their first values, in one transaction: what is there stays, contracts of
 * older code are upgraded where the new code reads what they stored, and configuration that somebody changed is left alone.
 * Run again, it does what is still missing. Where the signer doesn't administer the chain, the registrations are returned
 * as a call for those who do, or put to a referendum.
 *
 * Throws like `connectChain`; UserError `region-invalid`, `chain-signer-needed` without a key on a chain of value, and what `hostKey` throws; ChainError.
 */
export async function deployContracts(url: string, options: DeployOptions = {}): Promise<Deployment> {
  parseChainUrl(url);
  const { deployTo } = await import('./client/deploy.ts');
  return deployTo(url, options);
}
