import { z } from 'zod';
import { merged, type Span } from '../host/index.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import type { Home } from '../system/home.ts';
import { loadTopic, saveTopic } from './state.ts';

const TOPIC = 'uptime';
const EVERY_MS = 60_000;
/** Two looks that are further apart have a time between them in which nobody knows. */
const GAP_MS = 2.5 * EVERY_MS;
/** How much of the past counts. */
export const WINDOW_MS = 28 * 86_400_000;

const schema = z.object({ spans: z.array(z.object({ from: z.number(), to: z.number() })).max(50_000) });

/** When this machine provided, as far as it knows itself; of the last four weeks. */
export async function presence(home: Home): Promise<Span[]> {
  return (await loadTopic(home, TOPIC, schema))?.spans ?? [];
}

/** Takes down each minute that this machine is there, until `signal` is aborted. Never throws: a full disk loses minutes only. */
export async function keepUptime(
  { home, isThere, clock = systemClock }: { home: Home; isThere(): Promise<boolean>; clock?: Clock },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await isThere()) await note(home, clock.now());
    } catch {
      // The next look is a minute away.
    }
    await clock.sleep(EVERY_MS, signal);
  }
}

async function note(home: Home, now: number): Promise<void> {
  const known = await presence(home);
  const recent = known.filter(({ to }) => to > now - WINDOW_MS && to <= now);
  await saveTopic(home, TOPIC, { spans: merged([...recent, { from: now - 1, to: now }], GAP_MS) });
}
