import { UserError } from '../system/errors.ts';
import type { DvmDefinition } from './definitions.ts';
import { endDomain, ownDomain } from './dvm.ts';
import { type DvmHost, definitionOf, withDvm } from './dvm-host.ts';
import type { DomainReference } from './libvirt.ts';
import { bringUp } from './lifecycle.ts';

export interface Resize {
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  /** The new size of its first disk; disks only grow. */
  readonly diskMiB?: number;
  /** It may be stopped and started for that. */
  readonly restart?: boolean;
}

/**
 * Changes a DVM's size. A disk grows while the guest runs; processors and memory need a restart.
 * Throws UserError `dvm-not-found` | `dvm-resize-restart` | `dvm-resize-smaller`.
 */
export function resizeDvm(host: DvmHost, name: string, change: Resize, signal?: AbortSignal): Promise<DvmDefinition> {
  return withDvm(host, name, async () => {
    const definition = await definitionOf(host, name);
    const domain = await ownDomain(host.libvirt, name);
    const resized = resize(definition, change);
    const restarts = resized.vcpus !== definition.vcpus || resized.memoryMiB !== definition.memoryMiB;
    if (restarts && !change.restart) {
      throw new UserError('dvm-resize-restart', `Other processors or memory need a restart of ${name}.`, {
        nextSteps: ['Run the command again with --restart; what is not on its disk is lost.'],
      });
    }
    if (change.diskMiB !== undefined) await growDisk(host, domain, change.diskMiB);
    await host.definitions.write(resized);
    if (!restarts) return resized;
    await endDomain(host.libvirt, domain, 5_000);
    await bringUp(host, resized, signal);
    return resized;
  });
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
