import { toLogosError } from '../system/errors.ts';
import { readClaims } from './claims.ts';
import type { DvmDefinition } from './definitions.ts';
import { type DvmHost, withDvm } from './dvm-host.ts';
import { bringUp } from './lifecycle.ts';

/** What became of a DVM of a lost host. */
export interface Evacuated {
  readonly name: string;
  readonly uuid: string;
  readonly is: 'started' | 'here' | 'disk-missing' | 'failed';
  /** From the call to the guest's line. Milliseconds. */
  readonly ms?: number;
  readonly why?: string;
}

/** A claim is written with each start: these were stopped since. */
const OVER: ReadonlySet<string> = new Set(['stopped', 'removed']);
/** Guests that are started at once: each needs a processor for its start. */
const AT_ONCE = 4;

/**
 * Brings the DVMs of a lost host up here: from the definitions that it left on the storage that both reach, with their disks.
 * The caller makes sure that `lost` is gone (the chain excluded it, or its power is off): should it come back, it finds that
 * they are claimed and gives them up. One DVM's failure does not stop the rest. Throws when the storage can't be read.
 */
export async function evacuateHere(
  host: DvmHost,
  directory: string,
  lost: string,
  signal?: AbortSignal,
): Promise<Evacuated[]> {
  const theirs = (await readClaims(directory)).filter((one) => one.host === lost && !OVER.has(one.definition.wanted));
  const queue = theirs.map(({ definition }) => definition);
  const evacuated: Evacuated[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) evacuated.push(await takeOver(host, next, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return evacuated.sort((a, b) => a.name.localeCompare(b.name));
}

async function takeOver(host: DvmHost, lost: DvmDefinition, signal?: AbortSignal): Promise<Evacuated> {
  const { name, uuid } = lost;
  const began = performance.now();
  try {
    return await withDvm(host, name, async (): Promise<Evacuated> => {
      if ((await host.definitions.find(name))?.uuid === uuid) return { name, uuid, is: 'here' };
      for (const { file, shared } of lost.disks) {
        // An empty disk in its place would look like its own, and would not be.
        if (!shared || !(await host.disks.isThere(file))) return { name, uuid, is: 'disk-missing', why: file };
      }
      await bringUp(host, { ...lost, wanted: 'running', moving: undefined }, signal);
      return { name, uuid, is: 'started', ms: Math.round(performance.now() - began) };
    });
  } catch (error) {
    return { name, uuid, is: 'failed', why: toLogosError(error).message };
  }
}
