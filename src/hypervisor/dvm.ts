import type { Duplex } from 'node:stream';
import { ExternalError, UserError } from '../system/errors.ts';
import { readOwnMark } from './domain-read.ts';
import { type ComputePath, checkDvmName } from './domain-xml.ts';
import type { DvmJournal } from './dvm-host.ts';
import type { DomainReference, DomainState, Libvirt } from './libvirt.ts';
import { isLibvirtError, LibvirtError, libvirtErrorNumber } from './rpc/errors.ts';

/** A domain VM of ours, as it is now. */
export interface Dvm {
  name: string;
  uuid: string;
  state: DomainState;
  vcpus: number;
  memoryMiB: number;
  /** CPU time used since its start. */
  cpuSeconds: number;
  path: ComputePath;
}

/** Domains that bear our mark, by name; other people's are not listed and never touched. */
export async function listDvms(libvirt: Libvirt): Promise<Dvm[]> {
  const domains = await libvirt.listDomains();
  const found = await Promise.all(domains.map((domain) => describe(libvirt, domain)));
  return found.filter((dvm) => dvm !== undefined).sort((a, b) => a.name.localeCompare(b.name));
}

/** What a domain is now, or undefined when it is gone or not ours. */
export async function describe(libvirt: Libvirt, domain: DomainReference): Promise<Dvm | undefined> {
  try {
    const mark = readOwnMark(await libvirt.domainXml(domain));
    if (!mark) return undefined;
    return { name: domain.name, uuid: domain.uuid, ...(await libvirt.domainInfo(domain)), path: mark.path };
  } catch (error) {
    // It ended between the question and the answer.
    if (isLibvirtError(error, libvirtErrorNumber.noDomain)) return undefined;
    throw error;
  }
}

export interface StopOptions {
  /** How long the guest may take to power off by itself. Milliseconds; default 5,000. */
  graceMs?: number;
  /** Where `startDvm` wrote the domain down. */
  journal?: DvmJournal;
}

/** Asks the guest to power off, and takes the power away when it does not. Throws UserError `dvm-not-found`. */
export async function stopDvm(libvirt: Libvirt, name: string, options: StopOptions = {}): Promise<void> {
  const domain = await ownDomain(libvirt, name);
  await endDomain(libvirt, domain, options.graceMs ?? 5_000);
  const change = await options.journal?.find('domain', name);
  if (change) await options.journal?.markUndone(change.id);
}

/** Stops every DVM of ours and gives their names. */
export async function stopAllDvms(libvirt: Libvirt, options: StopOptions = {}): Promise<string[]> {
  const dvms = await listDvms(libvirt);
  await Promise.all(dvms.map((dvm) => stopDvm(libvirt, dvm.name, options).catch(ignoreGone)));
  return dvms.map((dvm) => dvm.name);
}

/**
 * Stops the processors of every DVM of ours that runs, and gives their names. Nothing of them is lost. `allOurs`: whatever
 * runs there is taken for ours, with our mark or without.
 */
export async function pauseAllDvms(
  libvirt: Libvirt,
  { allOurs = false }: { allOurs?: boolean } = {},
): Promise<string[]> {
  const domains = await libvirt.listDomains();
  const paused = await Promise.all(
    domains.map(async (domain) => {
      const dvm = allOurs
        ? { name: domain.name, state: (await libvirt.domainInfo(domain)).state }
        : await describe(libvirt, domain);
      if (dvm?.state !== 'running') return undefined;
      await tolerate(() => libvirt.suspend(domain));
      return dvm.name;
    }),
  );
  return paused.filter((name) => name !== undefined);
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof UserError && error.code === 'dvm-not-found')) throw error;
}

/** Power off, and off the list: what is left of a domain that is not running is removed too. */
export async function endDomain(libvirt: Libvirt, domain: DomainReference, graceMs: number): Promise<void> {
  if (graceMs > 0) await powerOff(libvirt, domain, graceMs);
  await tolerate(() => libvirt.destroy(domain));
  await tolerate(() => libvirt.undefine(domain));
}

async function powerOff(libvirt: Libvirt, domain: DomainReference, graceMs: number): Promise<void> {
  let resolve: () => void = () => {};
  const stopped = new Promise<void>((done) => {
    resolve = done;
  });
  const unlisten = await libvirt.onLifecycle((event) => {
    if (event.domain.uuid === domain.uuid && event.kind === 'stopped') resolve();
  });
  const timer = setTimeout(resolve, graceMs);
  const unclose = libvirt.onClose(resolve);
  try {
    await tolerate(async () => {
      await libvirt.shutdown(domain);
      // A paused guest hears nothing.
      if ((await libvirt.domainInfo(domain)).state === 'running') await stopped;
    });
  } finally {
    clearTimeout(timer);
    unclose();
    unlisten();
  }
}

/** A domain that has gone, or is not running, is what was wanted. */
async function tolerate(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const { noDomain, operationInvalid } = libvirtErrorNumber;
    if (!isLibvirtError(error, noDomain) && !isLibvirtError(error, operationInvalid)) throw error;
  }
}

/** The console of a DVM of ours, both ways. Throws UserError `dvm-not-found` | `dvm-not-running` | `console-busy`. */
export async function openConsole(libvirt: Libvirt, name: string, options: { force?: boolean } = {}): Promise<Duplex> {
  const domain = await ownDomain(libvirt, name);
  try {
    return await libvirt.openConsole(domain, options);
  } catch (error) {
    if (isLibvirtError(error, libvirtErrorNumber.operationInvalid)) {
      throw new UserError('dvm-not-running', `The DVM ${name} is not running.`, {
        cause: error,
        nextSteps: ['See `logos dvm list`.'],
      });
    }
    if (error instanceof LibvirtError && /console session/i.test(error.message)) {
      throw new UserError('console-busy', `Somebody else has the console of ${name}.`, {
        cause: error,
        nextSteps: ['End the other `logos dvm console`, or take it over with --force.'],
      });
    }
    throw error;
  }
}

/** A domain of ours by its name. Throws UserError `dvm-not-found` | `dvm-spec-invalid`. */
export async function ownDomain(libvirt: Libvirt, name: string): Promise<DomainReference> {
  checkDvmName(name);
  const domain = await libvirt.findDomain(name);
  if (domain && (await describe(libvirt, domain))) return domain;
  throw new UserError('dvm-not-found', `There is no DVM ${name} on this host.`, {
    nextSteps: ['See `logos dvm list` for those there are.'],
  });
}

export function notReady(name: string, why: string, lastLines: readonly string[], cause?: unknown): ExternalError {
  return new ExternalError('dvm-not-ready', `The DVM ${name} did not start: ${why}.`, {
    cause,
    lastLines,
    nextSteps: ['Look at the last lines of its console above; `logos doctor` checks what guests need.'],
  });
}
