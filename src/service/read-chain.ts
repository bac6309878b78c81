import type { VerifiedChain } from '../chain/index.ts';
import type { LogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import type { ChosenChain } from './chain-trust.ts';

/**
 * A chain for reading alone, with proof, by whoever need not have joined it; loaded when it is wanted. Close it in the end.
 * Throws as `openVerifiedChain` does.
 */
export async function readChain(
  home: Home,
  chosen: Omit<ChosenChain, 'mode'>,
  onRejected?: (error: LogosError) => void,
): Promise<VerifiedChain> {
  const { openForReading } = await import('./chain-trust.ts');
  return openForReading(home, chosen, onRejected);
}
