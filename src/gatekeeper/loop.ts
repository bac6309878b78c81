import type { LogosChain } from '../chain/index.ts';
import type { Clock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import { backOff } from './backoff.ts';
import type { GatekeeperDefinition } from './definition.ts';
import type { GatekeeperLog } from './log.ts';

interface LoopOptions {
  readonly chain: Pick<LogosChain, 'onHead'>;
  readonly clock: Clock;
  readonly log: GatekeeperLog;
  readonly definition: GatekeeperDefinition;
  pass(signal: AbortSignal): Promise<unknown>;
  restoreDvms(signal: AbortSignal): Promise<string[]>;
}

/** Never throws: a failed pass is logged, and the next one comes later and later, or with the next head. */
export async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  const { chain, clock, log, definition } = options;
  const bell = alarm();
  const stopListening = chain.onHead(() => bell.ring());
  let failures = 0;
  let missing = true;
  try {
    while (!signal.aborted) {
      // Before the chain is asked: what was promised runs again after a reboot even while the chain is gone.
      if (missing) missing = await isMissing(options, signal);
      try {
        await options.pass(signal);
        if (failures > 0) log({ level: 'info', code: 'chain-back', message: 'The chain answers again.' });
        failures = 0;
      } catch (thrown) {
        failures += 1;
        const error = toLogosError(thrown);
        if (failures === 1) log({ level: 'warning', code: 'chain-gone', message: error.message });
      }
      const { intervalMs, minimumGapMs } = definition.poll;
      const wait = failures > 0 ? backOff(failures, definition.retry) : intervalMs;
      await clock.sleep(Math.min(minimumGapMs, wait), signal);
      await bell.wait(Math.max(0, wait - minimumGapMs), clock, signal);
    }
  } finally {
    stopListening();
  }
}

/** Whether a DVM is still to be brought back. What can't be found out does not end the loop, which commands run beside. */
async function isMissing({ restoreDvms, log }: LoopOptions, signal: AbortSignal): Promise<boolean> {
  try {
    return (await restoreDvms(signal)).length > 0;
  } catch (thrown) {
    const { code, message } = toLogosError(thrown);
    log({ level: 'warning', code, message });
    return true;
  }
}

/** Wakes whoever waits; rung while nobody waits, it wakes the next one at once. */
function alarm() {
  let rung = false;
  let wake: AbortController | undefined;
  return {
    ring() {
      rung = true;
      wake?.abort();
    },
    async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
      if (!rung) {
        wake = new AbortController();
        await clock.sleep(ms, AbortSignal.any([signal, wake.signal]));
        wake = undefined;
      }
      rung = false;
    },
  };
}
