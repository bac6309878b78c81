import { collectDvms, type DvmHost } from '../hypervisor/index.ts';
import type { Home } from '../system/home.ts';
import { withDvmHost } from './dvm-host.ts';
import { readCut } from './ngd/cut.ts';
import { isPaused } from './pause.ts';

/** libvirt's daemon may be starting at the same time. Milliseconds. */
const WAIT_MS = 10_000;

/**
 * Clears away what a crash of this service, of libvirt or of a guest left behind, once. It starts nothing and lets nothing go on: where
 * this service runs, the chain says what runs, and NGd takes any other guest for a stranger's. On a host that is paused or cut off
 * it does nothing. Where libvirt doesn't answer there is nothing to be put right with: whoever needs it says so. Never throws.
 */
export async function tidyDvms(home: Home, tell: (text: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    if ((await isPaused(home)) || (await readCut(home)) !== undefined) return;
    const tidy = (host: DvmHost) => collectDvms(host, { start: false, signal });
    const collected = await withDvmHost(home, tidy, { waitMs: WAIT_MS, signal });
    for (const { name, did, why } of collected) {
      // Somebody is at work on it, who will see to it.
      if (did !== 'busy') await tell(`${name} after a crash: ${did}${why === undefined ? '' : ` (${why})`}.`);
    }
  } catch {
    // The next start of this service looks again.
  }
}
