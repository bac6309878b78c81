import { XMLBuilder } from 'fast-xml-parser';
import { UserError } from '../system/errors.ts';
import { checkDvmName } from './domain-xml.ts';
import { ownDomain } from './dvm.ts';
import { type DvmHost, definitionOf, settled, withDvm } from './dvm-host.ts';
import { refuseClaimed } from './lifecycle.ts';

/**
 * Writes a DVM's memory and disk as they are now into its disk, under a name. It stands still for as long as that takes.
 * Throws UserError `dvm-not-found` | `dvm-no-disk` | `snapshot-exists`.
 */
export function takeSnapshot(host: DvmHost, name: string, snapshot: string): Promise<void> {
  checkDvmName(snapshot);
  return withDvm(host, name, async () => {
    const definition = settled(await definitionOf(host, name));
    const domain = await ownDomain(host.libvirt, name);
    if (definition.disks.length === 0) {
      throw new UserError('dvm-no-disk', `The DVM ${name} has no disk that could hold a snapshot.`, {
        nextSteps: ['Give it one when it is started: `logos dvm start --disk`.'],
      });
    }
    if ((await host.libvirt.snapshots.list(domain)).includes(snapshot)) {
      throw new UserError('snapshot-exists', `The DVM ${name} has a snapshot ${snapshot} already.`, {
        nextSteps: ['Choose another name, or delete that one.'],
      });
    }
    await host.libvirt.snapshots.create(domain, snapshotXml(snapshot));
  });
}

/** The names of a DVM's snapshots. Throws UserError `dvm-not-found`. */
export async function listSnapshots(host: DvmHost, name: string): Promise<string[]> {
  return host.libvirt.snapshots.list(await ownDomain(host.libvirt, name));
}

/** Puts memory and disk back to what they were, and lets the guest run on from there. Throws UserError `snapshot-not-found`. */
export function revertDvm(host: DvmHost, name: string, snapshot: string): Promise<void> {
  return withSnapshot(host, name, snapshot, (domain) => host.libvirt.snapshots.revert(domain, snapshot));
}

/** Throws UserError `snapshot-not-found`. */
export function deleteSnapshot(host: DvmHost, name: string, snapshot: string): Promise<void> {
  return withSnapshot(host, name, snapshot, (domain) => host.libvirt.snapshots.delete(domain, snapshot));
}

function withSnapshot(
  host: DvmHost,
  name: string,
  snapshot: string,
  act: (domain: Awaited<ReturnType<typeof ownDomain>>) => Promise<void>,
): Promise<void> {
  return withDvm(host, name, async () => {
    await refuseClaimed(host, settled(await host.definitions.find(name)));
    const domain = await ownDomain(host.libvirt, name);
    const there = await host.libvirt.snapshots.list(domain);
    if (there.includes(snapshot)) return act(domain);
    throw new UserError('snapshot-not-found', `The DVM ${name} has no snapshot ${snapshot}.`, {
      nextSteps: [there.length === 0 ? 'It has none.' : `It has ${there.join(', ')}.`],
    });
  });
}

function snapshotXml(name: string): string {
  return new XMLBuilder({}).build({ domainsnapshot: { name } });
}
