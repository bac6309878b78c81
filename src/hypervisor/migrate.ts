import { basename, join } from 'node:path';
import { UserError } from '../system/errors.ts';
import { claim } from './claims.ts';
import type { DvmDefinition, DvmDisk } from './definitions.ts';
import { ownDomain } from './dvm.ts';
import { type DvmHost, definitionOf, settled, withDvm } from './dvm-host.ts';
import { forgetDvm, refuseClaimed } from './lifecycle.ts';
import { type MigrationLink, type MigrationStream, relay, socketName } from './migration-relay.ts';
import { type MigrationPlan, performMigration } from './perform-migration.ts';
import type { JobStats } from './remote-migration.ts';
import { settleAlone, settleMigration } from './settle-migration.ts';

export interface MigrateOptions extends Pick<MigrationPlan, 'onIncoming' | 'signal'> {
  /** The way from the source to the destination's sockets. */
  readonly link: MigrationLink;
}

export interface Migrated extends JobStats {
  readonly name: string;
  readonly uuid: string;
  /** What went over besides its memory. */
  readonly copiedDisks: number;
}

/**
 * Moves a running DVM to another host with its memory, and its disks unless they are shared. One that can't be moved goes on where it
 * was. Throws UserError `dvm-not-found` | `dvm-exists` | `dvm-busy` | `dvm-has-snapshots` | `migration-unsupported` | `disk-not-shared` |
 * `dvm-claimed`, LibvirtError, ExternalError of a connection; `dvm-migration-unsettled` when nobody can tell where it is.
 */
export function migrateDvm(
  source: DvmHost,
  destination: DvmHost,
  name: string,
  options: MigrateOptions,
): Promise<Migrated> {
  return withDvm(source, name, () =>
    withDvm(destination, name, async () => {
      const definition = settled(await definitionOf(source, name));
      await refuseClaimed(source, definition);
      const domain = await ownDomain(source.libvirt, name);
      const sockets = await check(source, destination, definition, domain.uuid);
      const arriving = atDestination(destination, definition, source.id);
      refusePaths(source, destination, definition, arriving);
      const { uuid, disks } = definition;
      const leaving = { ...definition, moving: { way: 'out', peer: destination.id, handedOver: false } as const };
      await source.definitions.write(leaving);
      try {
        await destination.definitions.write(arriving);
        await destination.journal.record({ kind: 'domain', target: name, before: { uuid } });
        await destination.disks.make(arriving.disks.filter(({ shared }) => !shared));
        const copied = disks.flatMap(({ shared }, index) => (shared ? [] : [`vd${String.fromCharCode(97 + index)}`]));
        const stats = await withRelays(sockets, uuid, copied.length > 0, options.link, () =>
          performMigration(source.libvirt, destination.libvirt, {
            domain,
            copied,
            isShared: disks.some(({ shared }) => shared),
            onIncoming: options.onIncoming,
            signal: options.signal,
            handOver: (handedOver) =>
              source.definitions.write({ ...leaving, moving: { ...leaving.moving, handedOver } }),
          }),
        );
        await claim(destination.id, definition);
        await destination.definitions.write({ ...arriving, moving: undefined });
        await forgetDvm(source, definition);
        return { name, uuid, copiedDisks: copied.length, ...stats };
      } catch (error) {
        await settle(source, destination, name, error);
        throw error;
      }
    }),
  );
}

/** A migration that failed is settled at once where both hosts answer; else as far as one of them can. */
async function settle(source: DvmHost, destination: DvmHost, name: string, cause: unknown): Promise<void> {
  try {
    if ((await settleMigration(source, destination, name)) !== 'unknown') return;
  } catch {
    const out = await source.definitions.find(name).catch(() => undefined);
    if (out && (await settleAlone(source, out).catch(() => 'unknown')) === 'source') return;
  }
  throw new UserError(
    'dvm-migration-unsettled',
    `Where the DVM ${name} is after its migration broke off is not known.`,
    {
      cause,
      nextSteps: ['Run `logos dvm collect` on both hosts when they reach each other; until then it stands still.'],
    },
  );
}

async function check(source: DvmHost, destination: DvmHost, definition: DvmDefinition, uuid: string) {
  const { name } = definition;
  if (uuid !== definition.uuid) {
    throw new UserError('dvm-not-found', `The domain ${name} that runs here is not the DVM that was defined.`, {
      nextSteps: ['Run `logos dvm collect`.'],
    });
  }
  if ((await destination.definitions.find(name)) || (await destination.libvirt.findDomain(name))) {
    throw new UserError('dvm-exists', `There is a domain ${name} at the destination already.`, {
      nextSteps: ['Stop that one, or choose another host.'],
    });
  }
  if (
    definition.disks.length > 0 &&
    (await source.libvirt.snapshots.list(await ownDomain(source.libvirt, name))).length > 0
  ) {
    throw new UserError('dvm-has-snapshots', `The DVM ${name} has snapshots, which can't move with it.`, {
      nextSteps: [`Delete them: \`logos dvm snapshot ${name} --delete\`.`],
    });
  }
  for (const { file } of definition.disks.filter(({ shared }) => shared)) {
    if (await source.disks.sameStorage(destination.disks, file)) continue;
    throw new UserError('disk-not-shared', `The other host does not have the storage of ${file}.`, {
      nextSteps: ['Mount the same storage under the same path there.'],
    });
  }
  if (source.sockets === undefined || destination.sockets === undefined) {
    throw new UserError('migration-unsupported', "Guests move between libvirt daemons of this program's own only.", {
      nextSteps: ["Where systemd's libvirtd serves, move guests with `virsh migrate`."],
    });
  }
  return source.sockets;
}

function atDestination(destination: DvmHost, definition: DvmDefinition, peer: string): DvmDefinition {
  const disks = definition.disks.map(
    (disk): DvmDisk => (disk.shared ? disk : { ...disk, file: join(destination.diskDirectory, basename(disk.file)) }),
  );
  return { ...definition, disks, moving: { way: 'in', peer, handedOver: false } };
}

/** The guest's devices go over as they are. */
function refusePaths(source: DvmHost, destination: DvmHost, here: DvmDefinition, there: DvmDefinition): void {
  const asSeen = (host: DvmHost, { disks }: DvmDefinition) => disks.map(({ file }) => host.libvirt.guestPath(file));
  if (asSeen(source, here).join() === asSeen(destination, there).join()) return;
  throw new UserError('migration-unsupported', 'The two daemons see the disks of their guests under different paths.', {
    nextSteps: ['Put the disks on storage that both see under the same path.'],
  });
}

async function withRelays<T>(
  sockets: string,
  uuid: string,
  withDisks: boolean,
  link: MigrationLink,
  use: () => Promise<T>,
): Promise<T> {
  const streams: MigrationStream[] = withDisks ? ['memory', 'disks'] : ['memory'];
  const relays = await Promise.all(streams.map((stream) => relay(sockets, socketName(uuid, stream), link)));
  try {
    return await use();
  } finally {
    await Promise.all(relays.map((one) => one.close()));
  }
}
