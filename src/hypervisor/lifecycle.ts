import { join, resolve } from 'node:path';
import { newDvmUuid } from '../system/dvm-uuid.ts';
import { ExternalError, UserError } from '../system/errors.ts';
import { claim, claimantOf, claimOf, unclaim } from './claims.ts';
import type { DvmDefinition, DvmDisk } from './definitions.ts';
import type { ComputePath } from './domain-xml.ts';
import { type Dvm, listDvms, ownDomain, stopAllDvms, stopDvm } from './dvm.ts';
import { type DvmHost, definitionOf, settled, withDvm } from './dvm-host.ts';
import { READY_LINE } from './image/init.ts';
import { isLibvirtError, libvirtErrorNumber } from './rpc/errors.ts';
import { type StartedDvm, startDvm } from './start-dvm.ts';

/** What somebody wants of a new DVM. */
export interface NewDvm {
  readonly name: string;
  readonly vcpus: number;
  /** To how many it can grow while it runs. */
  readonly maxVcpus?: number;
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

const MOST_DISKS = 20;

/** Throws UserError `dvm-spec-invalid`. */
export function checkNewDvm({ diskMiB = [], sharedDirectory }: Pick<NewDvm, 'diskMiB' | 'sharedDirectory'>): void {
  const isPath = sharedDirectory === undefined || /^\/[^\p{Cc}]*$/u.test(sharedDirectory);
  if (isPath && diskMiB.length <= MOST_DISKS) return;
  const why = isPath
    ? `${diskMiB.length} disks are more than ${MOST_DISKS}`
    : `the shared directory ${JSON.stringify(sharedDirectory)} is no absolute path`;
  throw new UserError('dvm-spec-invalid', `The DVM can't be: ${why}.`, {
    nextSteps: [isPath ? 'Give it fewer and larger disks.' : 'Give the path under which all hosts have it, from / on.'],
  });
}

/** What is written down of a new DVM before anything of it is made. */
export function defineDvm(host: Pick<DvmHost, 'diskDirectory'>, wanted: NewDvm): DvmDefinition {
  const { name, vcpus, maxVcpus, memoryMiB, path, deadlineMs } = wanted;
  const sharedDirectory = wanted.sharedDirectory && resolve(wanted.sharedDirectory);
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
    ...{
      name,
      uuid: newDvmUuid(),
      vcpus,
      maxVcpus,
      memoryMiB,
      path,
      disks,
      readyLine,
      deadlineMs,
      shared: sharedDirectory,
    },
    ...{ wanted: 'running', up: false },
  };
}

/**
 * Makes a DVM with its disks and starts it. One that does not come up leaves nothing. Throws UserError `dvm-exists` | `dvm-busy` | `dvm-spec-invalid`,
 * and as startDvm does.
 */
export async function createDvm(host: DvmHost, wanted: NewDvm, signal?: AbortSignal): Promise<StartedDvm> {
  checkNewDvm(wanted);
  return withDvm(host, wanted.name, async () => {
    if (await host.definitions.find(wanted.name)) {
      throw new UserError('dvm-exists', `There is a DVM ${wanted.name} on this host already.`, {
        nextSteps: [`Stop it with \`logos dvm stop ${wanted.name}\`, or choose another name.`],
      });
    }
    const definition = defineDvm(host, wanted);
    await refuseTaken(host, definition);
    await host.definitions.write(definition);
    try {
      await claim(host.id, definition);
      await host.disks.make(definition.disks);
      return await bringUp(host, definition, signal);
    } catch (error) {
      await forgetDvm(host, { ...definition, wanted: 'removed' }).catch(() => {});
      throw error;
    }
  });
}

/** What is on the storage already is somebody else's, and would be deleted if the new DVM did not come up. */
async function refuseTaken(host: DvmHost, { name, disks, shared }: DvmDefinition): Promise<void> {
  const claimed = shared === undefined ? undefined : await claimOf(shared, name);
  for (const { file } of disks) {
    if (!(await host.disks.isThere(file))) continue;
    throw new UserError('dvm-exists', `There is a disk ${file} already.`, {
      nextSteps: ['Choose another name; `logos dvm collect` removes what a crash of this host left.'],
    });
  }
  if (!claimed) return;
  throw new UserError('dvm-exists', `The host ${claimed.host} has a DVM ${name} on ${shared} already.`, {
    nextSteps: ['Choose another name; the DVMs of a lost host are started with `logos dvm evacuate`.'],
  });
}

/** On shared storage, only a new DVM's disks and claim are made: where they are missing, the storage is. */
async function refuseMissing(host: DvmHost, definition: DvmDefinition): Promise<void> {
  const { name, disks, shared } = definition;
  if (shared === undefined) return;
  const missing: string[] = (await claimantOf(definition)) === undefined ? [`${name}'s claim in ${shared}`] : [];
  for (const disk of disks) if (disk.shared && !(await host.disks.isThere(disk.file))) missing.push(disk.file);
  if (missing.length === 0) return;
  throw new ExternalError('dvm-disk-missing', `The storage of ${name} is not there: ${missing.join(', ')}.`, {
    nextSteps: [`Mount ${shared}, then run the command again.`],
  });
}

/** Throws UserError `dvm-claimed` for one that another host took over. */
export async function refuseClaimed(host: Pick<DvmHost, 'id'>, definition: DvmDefinition | undefined): Promise<void> {
  const claimant = definition && (await claimantOf(definition));
  if (claimant === undefined || claimant === host.id) return;
  throw new UserError('dvm-claimed', `The DVM ${definition?.name} is the host ${claimant}'s now.`, {
    nextSteps: ['Run `logos dvm collect`: this host gives it up.'],
  });
}

/**
 * Starts what is defined, with the disks that it had; the caller holds its lock, and knows that no other host runs it. Throws ExternalError
 * `dvm-disk-missing` where its shared storage is not there, and as startDvm does.
 */
export async function bringUp(host: DvmHost, definition: DvmDefinition, signal?: AbortSignal): Promise<StartedDvm> {
  const { name, uuid, vcpus, maxVcpus, memoryMiB, path, readyLine, deadlineMs } = definition;
  const { kernel, initramfs } = await host.image();
  await refuseMissing(host, definition);
  await host.definitions.write({ ...definition, up: false });
  await claim(host.id, definition);
  await host.disks.make(definition.disks.filter(({ shared }) => !shared));
  const disks = definition.disks.map(({ file, format }) => ({ file, format }));
  const { journal, libvirt } = host;
  const spec = { name, uuid, vcpus, maxVcpus, memoryMiB, path, kernel, initramfs, disks };
  const started = await startDvm(libvirt, spec, { readyLine, deadlineMs, signal, journal });
  await host.definitions.write({ ...definition, up: true });
  return started;
}

/**
 * Starts a DVM that was stopped, with its disks as they are. Throws UserError `dvm-not-found` | `dvm-exists` | `dvm-claimed`, and as
 * startDvm does.
 */
export function startAgain(host: DvmHost, name: string, signal?: AbortSignal): Promise<StartedDvm> {
  return withDvm(host, name, async () => {
    const definition = settled(await definitionOf(host, name));
    await refuseClaimed(host, definition);
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
    settled(await host.definitions.find(name));
    await want(host, name, 'stopped');
    await stopDvm(host.libvirt, name, { graceMs: options.graceMs, journal: host.journal });
    await forgetDomain(host, name);
  });
}

/** Ends a DVM with its disks and forgets it. Its end is written down first, so that it does not come back. */
export function removeDvm(host: DvmHost, name: string, options: { graceMs?: number } = {}): Promise<void> {
  return withDvm(host, name, async () => {
    const definition = settled(await host.definitions.find(name));
    await want(host, name, 'removed');
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
 * Removes what is left of a DVM that does not run here any more. Shared disks go with one that was to be removed, unless another host
 * or another DVM has them by now.
 */
export async function forgetDvm(host: DvmHost, definition: DvmDefinition): Promise<void> {
  const { name, uuid, disks, shared, wanted } = definition;
  const claimed = shared === undefined ? undefined : await claimOf(shared, name);
  const isOurs = claimed === undefined || (claimed.host === host.id && claimed.definition.uuid === uuid);
  await host.disks.remove(disks, { shared: isOurs && wanted === 'removed' });
  await unclaim(host.id, definition);
  await forgetDomain(host, name);
  await host.definitions.forget(name);
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
    settled(await host.definitions.find(name));
    const domain = await ownDomain(host.libvirt, name);
    await want(host, name, 'paused');
    await tolerateState(() => host.libvirt.suspend(domain));
  });
}

/** Lets a suspended DVM go on, and one that stood still because its disk was full. Throws UserError `dvm-not-found`. */
export function resumeDvm(host: DvmHost, name: string): Promise<void> {
  return withDvm(host, name, async () => {
    await refuseClaimed(host, settled(await host.definitions.find(name)));
    const domain = await ownDomain(host.libvirt, name);
    await want(host, name, 'running');
    await tolerateState(() => host.libvirt.resume(domain));
  });
}

/**
 * Ends every guest of ours, and writes down that this host's own DVMs were stopped: no collection brings them back, and each can be started
 * again. One that somebody is at work on is ended too, and is left to them. Gives the names of the guests.
 */
export async function haltAllDvms(host: DvmHost): Promise<string[]> {
  for (const { name, wanted } of await host.definitions.list().catch(() => [])) {
    if (wanted !== 'running' && wanted !== 'paused') continue;
    // A record that can't be written keeps no guest alive.
    await withDvm(host, name, () => want(host, name, 'stopped')).catch(() => {});
  }
  return stopAllDvms(host.libvirt, { journal: host.journal });
}

async function want(host: DvmHost, name: string, wanted: DvmDefinition['wanted']): Promise<void> {
  const definition = await host.definitions.find(name);
  if (!definition) return;
  await host.definitions.write({ ...definition, wanted });
  // Whoever evacuates this host starts only what was to run.
  if ((await claimantOf(definition)) === host.id) await claim(host.id, { ...definition, wanted });
}

/** A domain that is in the wanted state already is what was wanted. */
async function tolerateState(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isLibvirtError(error, libvirtErrorNumber.operationInvalid)) throw error;
  }
}
