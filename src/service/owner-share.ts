import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  decideShare,
  HOST_PATHS,
  type HostPaths,
  kernelFiles,
  type LendingRules,
  readApplied,
  readMachine,
  type Share,
  setShare,
} from '../hardening/index.ts';
import type { Home } from '../system/home.ts';
import { type Config, readConfig } from './config.ts';
import { isPaused } from './pause.ts';

const EVERY_MS = 1_000;
/** A change of this much, or to a stop, is worth a line for the owner. */
const NOTABLE = 0.4;

interface Options {
  home: Home;
  tell(text: string): Promise<void>;
  paths?: HostPaths;
  everyMs?: number;
}

/**
 * Keeps the owner's share at every moment: looks each second whether the owner's programs wait, and by the owner's limits
 * (hours, battery, temperature, load, pause), and gives guests less CPU at once and more slowly. At the end they get all
 * that is lent again. Never throws.
 */
export async function keepOwnersShare(options: Options, signal: AbortSignal): Promise<void> {
  const { home, tell, paths = HOST_PATHS, everyMs = EVERY_MS } = options;
  const cores = availableParallelism();
  let share: Share = { fraction: 1, why: 'all that is lent' };
  let told = share;
  let counters: Awaited<ReturnType<typeof readMachine>>['counters'] | undefined;
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => {});
    try {
      const applied = await readApplied(home);
      if (!applied || signal.aborted) continue;
      const since = counters?.at;
      const seen = await readMachine(paths, kernelFiles, cores, counters);
      counters = seen.counters;
      const now = new Date();
      const readings = {
        ...seen.readings,
        minute: now.getHours() * 60 + now.getMinutes(),
        paused: await isPaused(home),
      };
      const rules = rulesOf(await readConfig(home));
      share = decideShare(share, readings, rules, since === undefined ? 0 : (counters.at - since) / 1_000);
      await setShare(applied, share.fraction, kernelFiles);
      if (Math.abs(share.fraction - told.fraction) < NOTABLE) continue;
      told = share;
      await tell(`Guests get ${Math.round(share.fraction * 100)} % of the CPU that is lent: ${share.why}.`);
    } catch {
      // A group that goes away in between, or a file that is being written: the next look is a second away.
    }
  }
  const applied = await readApplied(home).catch(() => undefined);
  if (applied) await setShare(applied, 1, kernelFiles).catch(() => []);
}

/** The owner's limits from config.json. */
export function rulesOf({ lend = {} }: Config): LendingRules {
  const minutes = (text: string): number => {
    const [hours = 0, rest = 0] = text.split(':').map(Number);
    return hours * 60 + rest;
  };
  const { hours, onBattery, maxTemperatureC, maxLoad } = lend;
  const spans = hours?.map((span) => {
    const [from = '', to = ''] = span.split('-');
    return { from: minutes(from), to: minutes(to) };
  });
  return { hours: spans, onBattery, maxTemperatureC, maxLoad };
}
