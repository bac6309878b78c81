import type { Clock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';

/** The longest wait between two attempts, milliseconds. */
const LONGEST_WAIT_MS = 60_000;

export interface HardenAnew {
  readonly clock: Clock;
  /** Applies the host policy again where that is needed; gives something when it was. */
  reapply(): Promise<unknown>;
  tell(severity: 'info' | 'error', text: string): Promise<void>;
  /** Told why this host serves nobody yet, in a sentence. */
  onTrouble(why: string): void;
}

/**
 * The kernel forgot the host policy when the machine was started anew: tries until it holds again, ever more seldom. Whoever
 * serves guests waits for this. Gives whether it holds, which it does unless `signal` was aborted before. Never throws.
 */
export async function hardenAnew(
  { clock, reapply, tell, onTrouble }: HardenAnew,
  signal: AbortSignal,
): Promise<boolean> {
  let trouble: string | undefined;
  for (let wait = 1_000; !signal.aborted; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      const hardened = await reapply();
      if (hardened) await tell('info', 'The host policy was applied again after a restart of the machine.');
      return true;
    } catch (thrown) {
      const { message } = toLogosError(thrown);
      const why = `The host policy could not be applied again after a restart of the machine: ${message}`;
      onTrouble(why);
      if (why !== trouble) await tell('error', why);
      trouble = why;
    }
    await clock.sleep(wait, signal);
  }
  return false;
}
