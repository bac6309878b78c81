import type { Integrity } from '../gatekeeper/index.ts';
import type { Verdict } from '../guard/index.ts';
import type { Clock } from '../system/clock.ts';
import { isTellable } from './ngd/act.ts';

/** A verdict older than this says nothing of now, milliseconds. */
const FRESH_MS = 60_000;
/** A deviation that lasts this long is no accident that is being mended, milliseconds. */
const LASTING_MS = 300_000;

/**
 * What a host says of itself to the chain, where a deviation may exclude it for good: only one that lasts, and that is more
 * than rules of the chain which its owner has yet to apply, or other times and links of files. The host's own cut-off does not wait for that.
 */
export function toldIntegrity(verdict: () => Promise<Verdict>, clock: Clock): () => Promise<Integrity> {
  let since: number | undefined;
  return async () => {
    const { integrity, deviations, checkedAt } = await verdict();
    const now = clock.now();
    if (integrity !== 'deviated') {
      since = undefined;
      return integrity;
    }
    const isOld = now - Date.parse(checkedAt) > FRESH_MS;
    if (isOld || !deviations.some(isTellable)) return 'unknown';
    since ??= now;
    return now - since >= LASTING_MS ? 'deviated' : 'unknown';
  };
}
