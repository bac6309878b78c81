import { readdir } from 'node:fs/promises';
import type { Verdict } from '../../guard/index.ts';
import { GUEST_INTERFACE_PREFIX } from '../../hardening/index.ts';
import { connectLibvirt, pauseAllDvms, planLibvirtd, stopProcesses } from '../../hypervisor/index.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { readCut, saveCut } from './cut.ts';
import { guestUuids } from './guest-uuids.ts';

/** How long libvirt may take before the guests' processes are stopped without it, milliseconds. */
const LIBVIRT_MS = 400;

export interface SelfCut {
  /** Guests whose processors stand still now. */
  readonly paused: readonly string[];
  /** Processes that were stopped because libvirt did not answer. */
  readonly stopped: readonly number[];
  /** Interfaces of guests that are down now. */
  readonly down: readonly string[];
  /** What could not be done, in words. */
  readonly failed: readonly string[];
  readonly ms: number;
}

/**
 * Takes this host out of service at once, without the gatekeeper: its guests stand still, with all that they have in
 * memory, and their interfaces are down. Never throws. `again`: it was cut off before, and the
 * record of that stays as it is, if it could be written.
 */
export async function cutOff(
  home: Home,
  verdict: Verdict,
  exec: Exec,
  { again = false }: { again?: boolean } = {},
): Promise<SelfCut> {
  const began = performance.now();
  const failed: string[] = [];
  const attempt = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      failed.push(toLogosError(thrown).message);
      return otherwise;
    }
  };
  const because = verdict.deviations.map(
    ({ target, expected, found }) => `${target}: expected ${expected}, found ${found}`,
  );
  const [paused, down] = await Promise.all([
    pauseGuests(home).catch(() => undefined),
    attempt(() => takeDown(exec), []),
    // From now on the gatekeeper begins nothing.
    attempt(async () => {
      // The disk may have been full when it was first tried.
      if (again && (await readCut(home)) !== undefined) return;
      await saveCut(home, { at: verdict.checkedAt, because });
    }, undefined),
  ]);
  const stopped = paused === undefined ? await attempt(async () => stopProcesses(await guestUuids(home)), []) : [];
  return { paused: paused ?? [], stopped, down, failed, ms: Math.round(performance.now() - began) };
}

/** Throws when libvirt is not there, or does not answer in time: whether guests run is then known by their processes alone. */
async function pauseGuests(home: Home): Promise<string[]> {
  const plan = await planLibvirtd(home);
  const libvirt = await connectLibvirt(plan.endpoint, { callTimeoutMs: LIBVIRT_MS });
  try {
    return await pauseAllDvms(libvirt, { allOurs: plan.kind === 'private' });
  } finally {
    void libvirt.close();
  }
}

async function takeDown(exec: Exec): Promise<string[]> {
  const guests = (await readdir('/sys/class/net')).filter((name) => name.startsWith(GUEST_INTERFACE_PREFIX));
  await Promise.all(guests.map((name) => exec('ip', ['link', 'set', name, 'down'])));
  return guests;
}
