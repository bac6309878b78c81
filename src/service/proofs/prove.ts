import { rm } from 'node:fs/promises';
import { hostKey } from '../../chain/index.ts';
import { plotFile } from '../../host/index.ts';
import type { Home } from '../../system/home.ts';
import { loadMeasured } from '../measured.ts';
import { answerRegion, type MachineOptions } from './machine.ts';

export type ProveOptions = Omit<MachineOptions, 'claim' | 'signer' | 'answer'> & { home: Home };

/** Proves what this host joined with, and removes the plot in the end. Throws as `answerRegion` and the key store do. */
export async function proveToRegion({ home, ...options }: ProveOptions): Promise<void> {
  const claim = await loadMeasured(home);
  try {
    await answerRegion({ ...options, claim, signer: await hostKey(home.keys) });
  } finally {
    await rm(plotFile(options.directory), { force: true });
  }
}
