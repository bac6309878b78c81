import { setFlagsFromString } from 'node:v8';
import type { DevChainOptions, RunningDevChain } from './dev/start.ts';

export type { DevChainOptions, RunningDevChain } from './dev/start.ts';

/**
 * Starts the embedded development chain on the loopback address. It goes on where it was stopped, or killed.
 * Throws UserError `port-taken` before anything is written, `chain-directory-busy`, `chain-state-damaged`, `disk-full`.
 */
export async function startDevChain(options: DevChainOptions): Promise<RunningDevChain> {
  // V8 would let the space for new objects grow to three times 16 MiB and more while the program is loaded and the chain
  // is set up, and never give it back: a third of all memory, for nothing that can be measured afterwards.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { runDevChain } = await import('./dev/start.ts');
  return runDevChain(options);
}
