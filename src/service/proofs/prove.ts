import { join } from 'node:path';
import { hostKey } from '../../chain/index.ts';
import { PlotPlace, removeLeftPlots } from '../../host/index.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { kernelLock } from '../../system/kernel-lock.ts';
import { loadMeasured } from '../measured.ts';
import { answerRegion, type MachineOptions } from './machine.ts';

export type ProveOptions = Omit<MachineOptions, 'claim' | 'signer' | 'answer' | 'plots'> & {
  home: Home;
  /** Where plots are kept. */
  directory: string;
};

/** The same account is asked once, whoever answers for it. */
const LOCK_MS = 1_000;

/**
 * Proves what this host joined with, and removes the plot in the end, and those that were left by one that was killed. Throws
 * UserError `busy` when another one proves, and as `answerRegion` and the key store do.
 */
export async function proveToRegion({ home, directory, ...options }: ProveOptions): Promise<void> {
  const claim = await loadMeasured(home);
  const journal = new Journal(home.journal);
  const lock = await kernelLock(join(home.state, 'prove.lock'), LOCK_MS);
  const plots = new PlotPlace(directory, journal);
  try {
    await removeLeftPlots(journal);
    await answerRegion({ ...options, plots, claim, signer: await hostKey(home.keys) });
  } finally {
    await plots.remove();
    lock.release();
  }
}
