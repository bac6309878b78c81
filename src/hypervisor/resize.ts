import { UserError } from '../system/errors.ts';
import type { DvmDefinition } from './definitions.ts';
import { endDomain, ownDomain } from './dvm.ts';
import { type DvmHost, definitionOf, settled, withDvm } from './dvm-host.ts';
import type { DomainReference } from './libvirt.ts';
import { bringUp, refuseClaimed } from './lifecycle.ts';

export interface Resize {
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  /** The new size of its first disk; disks only grow. */
  readonly diskMiB?: number;
  /** It may be stopped and started for that. */
  readonly restart?: boolean;
}

export interface Resized {
  readonly definition: DvmDefinition;
  /** What the guest has only from its next start on. */
  readonly atNextStart: readonly ('vcpus' | 'memoryMiB')[];
}

/**
 * Changes a DVM's size. A disk grows while the guest runs, and so do processors up to the definition's `maxVcpus`. What else is changed
 * is taken up by a restart now, or else at the next start. Throws UserError `dvm-not-found` | `dvm-resize-smaller`.
 */
export function resizeDvm(host: DvmHost, name: string, change: Resize, signal?: AbortSignal): Promise<Resized> {
  return withDvm(host, name, async () => {
    const definition = settled(await definitionOf(host, name));
    await refuseClaimed(host, definition);
    const domain = await domainOf(host, definition, change);
    const resized = resize(definition, change);
    const running = domain && (await host.libvirt.domainInfo(domain)).vcpus;
    const grows = running !== undefined && resized.vcpus > running && resized.vcpus <= (definition.maxVcpus ?? 0);
    const later: Resized['atNextStart'] = [
      ...(resized.vcpus === definition.vcpus || grows ? [] : (['vcpus'] as const)),
      ...(resized.memoryMiB === definition.memoryMiB ? [] : (['memoryMiB'] as const)),
    ];
    const restarts = domain === undefined || (later.length > 0 && change.restart === true);
    if (domain && grows && !restarts) await host.libvirt.setVcpus(domain, resized.vcpus);
    if (restarts) await restart(host, definition, { ...resized, disks: definition.disks }, domain, signal);
    if (change.diskMiB !== undefined) await growDisk(host, await ownDomain(host.libvirt, name), change.diskMiB);
    const now = { ...resized, up: restarts || definition.up };
    await host.definitions.write(now);
    return { definition: now, atNextStart: restarts ? [] : later };
  });
}

/** Its domain; undefined for one that did not come up, and may be restarted. Throws UserError `dvm-not-found`. */
async function domainOf(
  host: DvmHost,
  { name, wanted }: DvmDefinition,
  change: Resize,
): Promise<DomainReference | undefined> {
  try {
    return await ownDomain(host.libvirt, name);
  } catch (error) {
    const isGone = error instanceof UserError && error.code === 'dvm-not-found';
    if (isGone && change.restart && wanted !== 'stopped') return undefined;
    throw error;
  }
}

async function restart(
  host: DvmHost,
  before: DvmDefinition,
  resized: DvmDefinition,
  domain: DomainReference | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  await host.definitions.write(resized);
  if (domain) await endDomain(host.libvirt, domain, 5_000);
  try {
    await bringUp(host, resized, signal);
  } catch (error) {
    // With a size that it does not come up with, it would never come back.
    await host.definitions.write(before);
    await bringUp(host, before).catch(() => {});
    throw error;
  }
}

/** The definition after the change. Throws UserError `dvm-resize-smaller`. */
export function resize(definition: DvmDefinition, { vcpus, memoryMiB, diskMiB }: Resize): DvmDefinition {
  const [first, ...others] = definition.disks;
  if (diskMiB !== undefined && (first === undefined || diskMiB < first.sizeMiB)) {
    const has = first === undefined ? 'has no disk' : `has a disk of ${first.sizeMiB} MiB, and disks only grow`;
    throw new UserError('dvm-resize-smaller', `The DVM ${definition.name} ${has}.`, {
      nextSteps: ['Choose a size that is not smaller.'],
    });
  }
  return {
    ...definition,
    vcpus: vcpus ?? definition.vcpus,
    memoryMiB: memoryMiB ?? definition.memoryMiB,
    disks: first === undefined ? [] : [{ ...first, sizeMiB: diskMiB ?? first.sizeMiB }, ...others],
  };
}

async function growDisk(host: DvmHost, domain: DomainReference, sizeMiB: number): Promise<void> {
  await host.libvirt.growDisk(domain, 'vda', sizeMiB * 1024 * 1024);
}
