import { join } from 'node:path';
import { newDvmUuid } from '../system/dvm-uuid.ts';
import { UserError } from '../system/errors.ts';
import { claim, unclaim } from './claims.ts';
import type { DvmDefinition, DvmDisk } from './definitions.ts';
import type { ComputePath } from './domain-xml.ts';
import { type Dvm, listDvms, ownDomain, stopDvm } from './dvm.ts';
import { type DvmHost, definitionOf, withDvm } from './dvm-host.ts';
import { READY_LINE } from './image/init.ts';
import { isLibvirtError, libvirtErrorNumber } from './rpc/errors.ts';
import { type StartedDvm, startDvm } from './start-dvm.ts';

/** What somebody wants of a new DVM. */
export interface NewDvm {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly path: ComputePath;
  /** Sizes of disks of its own. */
  readonly diskMiB?: readonly number[];
  /** A directory that other hosts have under the same path, for its disks. */
  readonly sharedDirectory?: string;
  /** Milliseconds until it must be up. */
  readonly deadlineMs: number;
  readonly readyLine?: string;
}

/** What is written down of a new DVM before anything of it is made. */
export function defineDvm(host: Pick<DvmHost, 'diskDirectory'>, wanted: NewDvm): DvmDefinition {
  const { name, vcpus, memoryMiB, path, deadlineMs, sharedDirectory } = wanted;
  const directory = sharedDirectory ?? host.diskDirectory;
  const disks = (wanted.diskMiB ?? []).map(
    (sizeMiB, index): DvmDisk => ({
      file: join(directory, `${name}-${index}.qcow2`),
      // Holds snapshots, and only what was written.
      format: 'qcow2',
      sizeMiB,
      shared: sharedDirectory !== undefined,
    }),
  );
  const readyLine = wanted.readyLine ?? READY_LINE;
  return {
    ...{ name, uuid: newDvmUuid(), vcpus, memoryMiB, path, disks, readyLine, deadlineMs, shared: sharedDirectory },
    ...{ wanted: 'running', up: false },
  };
}

/**
 * Makes a DVM with its disks and starts it. One that does not come up leaves nothing. Throws UserError `dvm-exists` | `dvm-busy`,
 * and as startDvm does.
 */
export function createDvm(host: DvmHost, wanted: NewDvm, signal?: AbortSignal): Promise<StartedDvm> {
  return withDvm(host, wanted.name, async () => {
    if (await host.definitions.find(wanted.name)) {
      throw new UserError('dvm-exists', `There is a DVM ${wanted.name} on this host already.`, {
        nextSteps: [`Stop it with \`logos dvm stop ${wanted.name}\`, or choose another name.`],
      });
    }
    const definition = defineDvm(host, wanted);
    await host.definitions.write(definition);
    try {
      return await bringUp(host, definition, signal);
    } catch (error) {
      await forgetDvm(host, { ...definition, wanted: 'removed' }).catch(() => {});
      throw error;
    }
  });
}

/** Starts what is defined, with the disks that it had; the caller holds its lock. Throws as startDvm does. */
export async function bringUp(host: DvmHost, definition: DvmDefinition, signal?: AbortSignal): Promise<StartedDvm> {
  const { name, uuid, vcpus, memoryMiB, path, readyLine, deadlineMs } = definition;
  const { kernel, initramfs } = await host.image();
  await host.definitions.write({ ...definition, up: false });
  await claim(host.id, definition);
  await host.disks.make(definition.disks);
  const disks = definition.disks.map(({ file, format }) => ({ file, format }));
  const { journal, libvirt } = host;
  const spec = { name, uuid, vcpus, memoryMiB, path, kernel, initramfs, disks };
  const started = await startDvm(libvirt, spec, { readyLine, deadlineMs, signal, journal });
  await host.definitions.write({ ...definition, up: true });
  return started;
}

/** Starts a DVM that was stopped, with its disks as they are. Throws UserError `dvm-not-found` | `dvm-exists`, and as startDvm does. */
export function startAgain(host: DvmHost, name: string, signal?: AbortSignal): Promise<StartedDvm> {
  return withDvm(host, name, async () => {
    const definition = await definitionOf(host, name);
    return bringUp(host, { ...definition, wanted: 'running' }, signal);
  });
}

/**
 * Asks a DVM to power off, and takes the power away when it does not. One with disks keeps them, to be started again; of another nothing
 * is left. Throws UserError `dvm-not-found`.
 */
export async function haltDvm(host: DvmHost, name: string, options: { graceMs?: number } = {}): Promise<void> {
  const definition = await host.definitions.find(name);
  if (definition && definition.disks.length === 0) return removeDvm(host, name, options);
  return withDvm(host, name, async () => {
    await want(host, name, 'stopped');
    await stopDvm(host.libvirt, name, { graceMs: options.graceMs, journal: host.journal });
    await forgetDomain(host, name);
  });
}

/** Ends a DVM with its disks and forgets it. Its end is written down first, so that it does not come back. */
export function removeDvm(host: DvmHost, name: string, options: { graceMs?: number } = {}): Promise<void> {
  return withDvm(host, name, async () => {
    const definition = await host.definitions.find(name);
    if (definition) await host.definitions.write({ ...definition, wanted: 'removed' });
    try {
      await stopDvm(host.libvirt, name, { graceMs: options.graceMs, journal: host.journal });
    } catch (error) {
      // It ended by itself; what is left of it is removed all the same.
      if (!definition || !(error instanceof UserError && error.code === 'dvm-not-found')) throw error;
    }
    if (definition) await forgetDvm(host, { ...definition, wanted: 'removed' });
  });
}

/** Every DVM of this host: those that libvirt knows, and those that were stopped and keep their disks. */
export async function listHostDvms(host: DvmHost): Promise<Dvm[]> {
  const live = await listDvms(host.libvirt);
  const stopped = (await host.definitions.list()).filter((one) => !live.some(({ name }) => name === one.name));
  return [
    ...live,
    ...stopped.map(({ name, uuid, vcpus, memoryMiB, path }): Dvm => {
      return { name, uuid, state: 'shutoff', vcpus, memoryMiB, cpuSeconds: 0, path };
    }),
  ].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Removes what is left of a DVM that does not run here any more. Shared disks go with one that was to be removed; otherwise they
 * are another host's by now.
 */
export async function forgetDvm(host: DvmHost, definition: DvmDefinition): Promise<void> {
  await host.disks.remove(definition.disks, { shared: definition.wanted === 'removed' });
  await unclaim(host.id, definition);
  await forgetDomain(host, definition.name);
  await host.definitions.forget(definition.name);
}

/** The journal need not know a domain any more that has ended; each start has written it down. */
export async function forgetDomain({ journal }: DvmHost, name: string): Promise<void> {
  for (const { id, kind, target } of await journal.pending()) {
    if (kind === 'domain' && target === name) await journal.markUndone(id);
  }
}

/** Stops its processors and keeps its memory, over restarts of this program too. Throws UserError `dvm-not-found`. */
export function suspendDvm(host: DvmHost, name: string): Promise<void> {
  return withDvm(host, name, async () => {
    const domain = await ownDomain(host.libvirt, name);
    await want(host, name, 'paused');
    await tolerateState(() => host.libvirt.suspend(domain));
  });
}

/** Lets a suspended DVM go on, and one that stood still because its disk was full. Throws UserError `dvm-not-found`. */
export function resumeDvm(host: DvmHost, name: string): Promise<void> {
  return withDvm(host, name, async () => {
    const domain = await ownDomain(host.libvirt, name);
    await want(host, name, 'running');
    await tolerateState(() => host.libvirt.resume(domain));
  });
}

async function want(host: DvmHost, name: string, wanted: DvmDefinition['wanted']): Promise<void> {
  const definition = await host.definitions.find(name);
  if (definition) await host.definitions.write({ ...definition, wanted });
}

/** A domain that is in the wanted state already is what was wanted. */
async function tolerateState(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isLibvirtError(error, libvirtErrorNumber.operationInvalid)) throw error;
  }
}
