import { toLogosError, UserError } from '../system/errors.ts';
import { type Claim, readClaims } from './claims.ts';
import type { DvmDefinition } from './definitions.ts';
import { type DvmHost, withDvm } from './dvm-host.ts';
import { rootOf } from './host-id.ts';
import { bringUp } from './lifecycle.ts';

/** What became of a DVM of a lost host. */
export interface Evacuated {
  readonly name: string;
  /** Absent where its claim can't be used. */
  readonly uuid?: string;
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
  const evacuated: Evacuated[] = [];
  const claims = await readClaims(directory, (name, { message }) =>
    evacuated.push({ name, is: 'failed', why: message }),
  );
  const id = hostNamed(lost, claims, host.id);
  const theirs = claims.filter((one) => one.host === id && !OVER.has(one.definition.wanted));
  const queue = theirs.map(({ definition }) => definition);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) evacuated.push(await takeOver(host, next, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return evacuated.sort((a, b) => a.name.localeCompare(b.name));
}

/** The id of another host that is given by it, or by the directory at its end. Throws UserError `dvm-host-ambiguous`. */
function hostNamed(lost: string, claims: readonly Claim[], own: string): string {
  const ids = [...new Set(claims.map(({ host }) => host))];
  if (ids.includes(lost)) return lost;
  const meant = ids.filter((id) => id !== own && rootOf(id) === lost);
  if (meant.length < 2) return meant[0] ?? lost;
  throw new UserError('dvm-host-ambiguous', `Several hosts have their instance in ${lost}.`, {
    nextSteps: [`Name the lost one whole: ${meant.join(' or ')}.`],
  });
}

async function takeOver(host: DvmHost, lost: DvmDefinition, signal?: AbortSignal): Promise<Evacuated> {
  const { name, uuid } = lost;
  const began = performance.now();
  try {
    return await withDvm(host, name, async (): Promise<Evacuated> => {
      const here = await host.definitions.find(name);
      if (here?.uuid === uuid) return { name, uuid, is: 'here' };
      if (here) return { name, uuid, is: 'failed', why: 'this host has another DVM of that name' };
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
