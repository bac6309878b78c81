import { collectDvms } from '../hypervisor/index.ts';
import type { Home } from '../system/home.ts';
import { withDvmHost } from './dvm-host.ts';

/** libvirt's daemon may be starting at the same time. Milliseconds. */
const WAIT_MS = 10_000;

/**
 * Puts right what a crash of this service, of libvirt or of a guest left behind, once. Where libvirt doesn't answer there is nothing
 * to be put right with: whoever needs it says so. Never throws.
 */
export async function tidyDvms(home: Home, tell: (text: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    const collected = await withDvmHost(home, (host) => collectDvms(host, { signal }), { waitMs: WAIT_MS, signal });
    for (const { name, did, why } of collected) {
      // Somebody is at work on it, who will see to it.
      if (did !== 'busy') await tell(`${name} after a crash: ${did}${why === undefined ? '' : ` (${why})`}.`);
    }
  } catch {
    // The next start of this service looks again.
  }
}
