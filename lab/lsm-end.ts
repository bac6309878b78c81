import { writeFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What a guest of lsm-guest.ts prints last, followed by its script's exit code. */
export const END = '--- script ended with';

/**
 * Ends the machine from within a script that succeeded. For one after whose sleep the directories that it shares with this
 * machine answer no more (9p has no resume): a process that has files of them open can't end any more.
 */
export async function powerOff(): Promise<never> {
  writeSync(1, `${END} 0\n`);
  await delay(1_000);
  writeFileSync('/proc/sysrq-trigger', 'o');
  return new Promise(() => setInterval(() => {}, 1_000));
}
