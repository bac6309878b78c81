import { z } from 'zod';
import type { Benchmark, Inventory } from '../host/index.ts';
import type { Home } from '../system/home.ts';
import { loadTopic, saveTopic } from './state.ts';

const TOPIC = 'measured';

const schema = z.looseObject({
  inventory: z.looseObject({ memory: z.looseObject({ usableMiB: z.number() }) }),
  benchmark: z.looseObject({ version: z.literal(1), kernel: z.string() }),
});

/** What this machine found out about itself and joined with: its claim. */
export interface Measured {
  inventory: Inventory;
  benchmark: Benchmark;
}

export async function saveMeasured(home: Home, { inventory, benchmark }: Measured): Promise<void> {
  await saveTopic(home, TOPIC, { inventory, benchmark });
}

/** `undefined` before the first `logos provide` came that far. Throws UserError `state-damaged`. */
export async function loadMeasured(home: Home): Promise<Measured | undefined> {
  return (await loadTopic(home, TOPIC, schema)) as Measured | undefined;
}
