import { readdir } from 'node:fs/promises';
import type { Verdict } from '../../guard/index.ts';
import { GUEST_INTERFACE_PREFIX } from '../../hardening/index.ts';
import { connectLibvirt, pauseAllDvms, planLibvirtd, stopProcesses } from '../../hypervisor/index.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import { Journal } from '../../system/journal.ts';
import { readCut, saveCut } from './cut.ts';

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
  const stopped = paused === undefined ? await attempt(() => stopGuests(home), []) : [];
  return { paused: paused ?? [], stopped, down, failed, ms: Math.round(performance.now() - began) };
}

/** Throws when libvirt does not answer in time. */
async function pauseGuests(home: Home): Promise<string[]> {
  const plan = await planLibvirtd(home).catch(() => undefined);
  if (plan === undefined) return [];
  const libvirt = await connectLibvirt(plan.endpoint, { callTimeoutMs: LIBVIRT_MS });
  try {
    return await pauseAllDvms(libvirt);
  } finally {
    void libvirt.close();
  }
}

/** The journal knows each guest by its UUID from before it was started. */
async function stopGuests(home: Home): Promise<number[]> {
  const domains = (await new Journal(home.journal).pending()).filter(({ kind }) => kind === 'domain');
  return stopProcesses(domains.flatMap(({ before }) => uuidIn(before)));
}

function uuidIn(before: unknown): string[] {
  const uuid = typeof before === 'object' && before !== null && 'uuid' in before ? before.uuid : undefined;
  return typeof uuid === 'string' ? [uuid] : [];
}

async function takeDown(exec: Exec): Promise<string[]> {
  const guests = (await readdir('/sys/class/net')).filter((name) => name.startsWith(GUEST_INTERFACE_PREFIX));
  await Promise.all(guests.map((name) => exec('ip', ['link', 'set', name, 'down'])));
  return guests;
}
