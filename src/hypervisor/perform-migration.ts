import type { DomainReference, Libvirt } from './libvirt.ts';
import { type MigrationStream, socketName } from './migration-relay.ts';
import { GUEST_SOCKETS } from './private/layout.ts';
import type { JobStats } from './remote-migration.ts';
import { LibvirtError } from './rpc/errors.ts';
import { typedParameters } from './rpc/typed-params.ts';

/** virDomainMigrateFlags (libvirt-domain.h). */
const LIVE = 1 << 0;
const PAUSED = 1 << 5;
const NON_SHARED_DISK = 1 << 6;
const CHANGE_PROTECTION = 1 << 8;
const UNSAFE = 1 << 9;
const ABORT_ON_ERROR = 1 << 12;
const AUTO_CONVERGE = 1 << 13;
/** Flags that only the source knows. */
const SOURCE_ONLY = CHANGE_PROTECTION | ABORT_ON_ERROR | AUTO_CONVERGE;

export interface MigrationPlan {
  readonly domain: DomainReference;
  /** Disks that go over, as the guest has them, such as `vda`. */
  readonly copied: readonly string[];
  /** It has disks that both hosts reach; that they do was tried. */
  readonly isShared: boolean;
  /** Called with the domain at the destination before its guest goes on there: a console that is opened now misses nothing. */
  onIncoming?(domain: DomainReference): Promise<void>;
  /** Called when everything is over there, before the guest may go on there; and (`false`) when it surely did not. */
  handOver(handedOver: boolean): Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Moves a guest from one daemon to another, driven from here (libvirt's migration protocol, version 3, managed and direct): each gets
 * its calls in order, and the cookies that they have for each other. The guest's memory and disks go through the sockets that are
 * named after its UUID. A failure before the hand-over leaves the guest running at the source.
 */
export async function performMigration(source: Libvirt, destination: Libvirt, plan: MigrationPlan): Promise<JobStats> {
  const { domain, copied, isShared, signal } = plan;
  const isPaused = (await source.domainInfo(domain)).state === 'paused';
  const flags =
    LIVE |
    SOURCE_ONLY |
    (copied.length > 0 ? NON_SHARED_DISK : 0) |
    // libvirt knows shared file systems by their type, and not all of them.
    (isShared ? UNSAFE : 0) |
    (isPaused ? PAUSED : 0);
  const there = flags & ~SOURCE_ONLY;
  const uri = (stream: MigrationStream) => `unix://${GUEST_SOCKETS}/${socketName(domain.uuid, stream)}`;
  const values = {
    migrate_uri: uri('memory'),
    disks_uri: copied.length > 0 ? uri('disks') : undefined,
    migrate_disks: copied.length > 0 ? copied : undefined,
    destination_name: domain.name,
  };
  const params = typedParameters(values);

  signal?.throwIfAborted();
  const begun = await source.migration.begin(domain, params, flags);
  let prepared: Uint8Array | undefined;
  let performed: Uint8Array;
  const abort = (): void => void source.migration.abort(domain).catch(() => {});
  signal?.addEventListener('abort', abort);
  // A destination that does not answer any more will not take the rest either.
  const unclose = destination.onClose(abort);
  try {
    const xml = typedParameters({ destination_xml: begun.xml });
    prepared = (await destination.migration.prepare([...params, ...xml], begun.cookie, there)).cookie;
    if (plan.onIncoming) {
      const incoming = await destination.findDomain(domain.name);
      if (incoming) await plan.onIncoming(incoming);
    }
    signal?.throwIfAborted();
    performed = (await source.migration.perform(domain, params, prepared, flags)).cookie;
    await plan.handOver(true);
  } catch (error) {
    // Nothing was handed over: the destination lets go, the source goes on.
    if (prepared) await destination.migration.finish(params, new Uint8Array(), there, true).catch(() => {});
    await source.migration.confirm(domain, params, new Uint8Array(), flags, true).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    unclose();
  }

  let finished: { cookie: Uint8Array; domain: DomainReference };
  try {
    finished = await destination.migration.finish(params, performed, there, false);
  } catch (error) {
    // Only the destination's own word that it failed lets the source go on; a lost answer says nothing.
    if (error instanceof LibvirtError) {
      await source.migration.confirm(domain, params, new Uint8Array(), flags, true);
      await plan.handOver(false);
    }
    throw error;
  }
  await source.migration.confirm(domain, params, finished.cookie, flags, false);
  return destination.migration.stats(finished.domain);
}
