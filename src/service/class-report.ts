import { connect } from 'node:net';
import {
  type AvailabilityFacts,
  type ClassReport,
  freeMiBAt,
  type Inventory,
  keptOf,
  ownerLimits,
  parseCommitment,
  type ResourceClasses,
  reportClass,
} from '../host/index.ts';
import type { Home } from '../system/home.ts';
import { type Config, readConfig } from './config.ts';
import { loadMeasured } from './measured.ts';
import { presence, WINDOW_MS } from './uptime.ts';

/** The class that a host had, on both axes. */
export interface FormerClass {
  path: 'kvm' | 'qemu' | 'gpu';
  class?: string;
  availability?: string;
}

/** What the thresholds make of this host. `undefined` before it was measured. `region`: where its latency is measured to. */
export async function classOfHost(
  home: Home,
  classes: ResourceClasses,
  former: FormerClass,
  region: string | undefined,
): Promise<ClassReport | undefined> {
  const measured = await loadMeasured(home);
  if (measured === undefined) return undefined;
  const facts = await availabilityOf(home, measured.inventory, await readConfig(home), region);
  return reportClass(measured, facts, classes, {
    path: former.path,
    previous: former.class,
    availability: former.availability,
  });
}

async function availabilityOf(
  home: Home,
  inventory: Inventory,
  config: Config,
  region: string | undefined,
): Promise<AvailabilityFacts> {
  const spans = await presence(home);
  const now = Date.now();
  const window = { from: Math.max(now - WINDOW_MS, spans[0]?.from ?? now), to: now };
  const kept = keptOf((config.sla ?? []).map(parseCommitment), spans, window);
  const { diskMiB } = ownerLimits(inventory, config, await freeMiBAt(home.root).catch(() => 0));
  const link = inventory.network.find((one) => one.default)?.speed ?? 0;
  const hoursADay = config.sla === undefined ? 24 * kept.uptime : kept.committedHours / 7;
  return {
    ...kept,
    diskGiB: diskMiB / 1024,
    // Mbit/s for an hour are 0.419 GiB.
    dayGiB: (link * 1e6 * hoursADay * 3_600) / 8 / 2 ** 30,
    latencyMs: region === undefined ? undefined : await latencyTo(region),
  };
}

/** How often it is tried: the shortest counts, because nothing makes a way shorter. */
const TRIES = 3;
const LONGEST_MS = 5_000;

/** Milliseconds to an address and back: what a connection takes. `undefined` where none can be made. */
async function latencyTo(url: string): Promise<number | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const times: number[] = [];
  for (let count = 0; count < TRIES; count++) {
    const began = performance.now();
    const made = await new Promise<boolean>((resolve) => {
      const host = hostname.replace(/^\[|\]$/g, '');
      const socket = connect({ host, port: Number(port) || (protocol === 'wss:' ? 443 : 80), timeout: LONGEST_MS });
      const end = (done: boolean) => () => {
        socket.destroy();
        resolve(done);
      };
      socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
    });
    if (made) times.push(performance.now() - began);
  }
  return times.length === 0 ? undefined : Math.min(...times);
}
