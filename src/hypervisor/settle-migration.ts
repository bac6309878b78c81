import { setTimeout as delay } from 'node:timers/promises';
import { claim } from './claims.ts';
import type { DvmDefinition } from './definitions.ts';
import { describe, endDomain } from './dvm.ts';
import type { DvmHost } from './dvm-host.ts';
import type { DomainReference, PauseReason } from './libvirt.ts';
import { bringUp, forgetDvm } from './lifecycle.ts';

/** How long a destination may take to let go of a guest whose memory never came, or to let it run. Milliseconds. */
const DECIDES_MS = 10_000;

export interface Look {
  readonly domain: DomainReference;
  readonly state: 'running' | 'paused' | 'shutoff' | 'crashed';
  readonly reason?: PauseReason;
}

/** Where a guest is after its migration was settled. `unknown`: the other host has to be asked, and can't be. */
export type Settled = 'source' | 'destination' | 'unknown';

/** The domain of ours with this UUID on a host, and how it is. */
export async function lookAt(
  host: DvmHost,
  { name, uuid }: Pick<DvmDefinition, 'name' | 'uuid'>,
): Promise<Look | undefined> {
  const domain = await host.libvirt.findDomain(name);
  if (!domain || domain.uuid !== uuid) return undefined;
  const dvm = await describe(host.libvirt, domain);
  if (!dvm) return undefined;
  const reason = dvm.state === 'paused' ? await host.libvirt.domainReason(domain) : undefined;
  return { domain, state: dvm.state, reason };
}

/** It runs, or its processors have run: not one that waits for its memory. */
export function lives(look: Look | undefined): boolean {
  if (look === undefined) return false;
  return look.state === 'running' || (look.state === 'paused' && look.reason !== 'migration');
}

/**
 * Ends a migration that broke off, so that the guest is on exactly one host, from what the two daemons say and what was written down.
 * While it was not handed over it stays where it was; afterwards it is at the destination if it lives there. The caller holds its locks.
 */
export async function settleMigration(source: DvmHost, destination: DvmHost, name: string): Promise<Settled> {
  const out = await source.definitions.find(name);
  const arrived = await destination.definitions.find(name);
  if (out?.moving?.way !== 'out') {
    // The source is done with it, one way or the other.
    if (arrived?.moving?.way === 'in') await settleArrival(source, destination, arrived, out !== undefined);
    return out ? 'source' : 'destination';
  }
  if (out.moving.handedOver && (await isDestination(destination, out))) {
    const left = await lookAt(source, out);
    if (left) await endDomain(source.libvirt, left.domain, 0);
    await claim(destination.id, out);
    if (arrived) await destination.definitions.write({ ...arrived, moving: undefined });
    await forgetDvm(source, out);
    return 'destination';
  }
  const waiting = await lookAt(destination, out);
  if (waiting) await endDomain(destination.libvirt, waiting.domain, 0);
  if (arrived?.moving?.way === 'in') await forgetDvm(destination, arrived);
  await staySource(source, out);
  return 'source';
}

/** The source alone, when the other host can't be asked: a guest that was not handed over goes on here. */
export async function settleAlone(source: DvmHost, out: DvmDefinition): Promise<Settled> {
  if (out.moving?.handedOver) return 'unknown';
  await staySource(source, out);
  return 'source';
}

/**
 * The guest goes on at the source. Its memory there is right unless it was handed over: then it may have run elsewhere and written,
 * and starts anew from its disk.
 */
async function staySource(source: DvmHost, out: DvmDefinition): Promise<void> {
  const look = await lookAt(source, out);
  const settled = { ...out, moving: undefined };
  if (look && !out.moving?.handedOver) {
    if (look.state === 'paused' && look.reason === 'migration' && out.wanted === 'running') {
      await source.libvirt.resume(look.domain);
    }
    await source.definitions.write(settled);
    return;
  }
  if (look) await endDomain(source.libvirt, look.domain, 0);
  await source.definitions.write(settled);
  if (out.wanted !== 'stopped') await bringUp(source, settled);
}

/** Waits until the destination has made up its mind: its daemon ends a guest whose memory did not come with the connection. */
async function isDestination(destination: DvmHost, definition: DvmDefinition): Promise<boolean> {
  const deadline = performance.now() + DECIDES_MS;
  for (;;) {
    const look = await lookAt(destination, definition);
    if (look === undefined || lives(look)) return lives(look);
    if (performance.now() > deadline) return false;
    await delay(100);
  }
}

async function settleArrival(
  source: DvmHost,
  destination: DvmHost,
  arrived: DvmDefinition,
  stayed: boolean,
): Promise<void> {
  const look = await lookAt(destination, arrived);
  if (stayed) {
    if (look) await endDomain(destination.libvirt, look.domain, 0);
    await forgetDvm(destination, arrived);
    return;
  }
  await claim(destination.id, { ...arrived, moving: undefined });
  await destination.definitions.write({ ...arrived, moving: undefined });
  if (!lives(look) && !(await lookAt(source, arrived))) await bringUp(destination, { ...arrived, moving: undefined });
}
