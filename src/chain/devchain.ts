import type { DevChainOptions, RunningDevChain } from './dev/start.ts';

export type { DevChainOptions, RunningDevChain } from './dev/start.ts';

/**
 * Starts the embedded development chain on the loopback address. It goes on where it was stopped, or killed.
 * Throws UserError `port-taken` before anything is written, `chain-directory-busy`, `chain-state-damaged`, `disk-full`.
 */
export async function startDevChain(options: DevChainOptions): Promise<RunningDevChain> {
  const { runDevChain } = await import('./dev/start.ts');
  return runDevChain(options);
}
