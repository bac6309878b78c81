import type { Duplex } from 'node:stream';
import type { LogosError } from '../system/errors.ts';
import type { MigrationCalls } from './remote-migration.ts';
import type { SnapshotCalls } from './remote-snapshots.ts';

/** Where a libvirt daemon listens. */
export interface LibvirtEndpoint {
  /** A unix socket. */
  socket: string;
  /** The driver behind it, such as `qemu:///system`. */
  uri: string;
  /** Directories of this machine that the daemon and its guests see under another path, because they have their own mounts. */
  places?: readonly GuestPlace[];
}

/** One directory: its path on the machine, and its path as the daemon and its guests know it. */
export interface GuestPlace {
  readonly host: string;
  readonly guest: string;
}

/** A domain as libvirt names it on the wire. `id` is -1 while it is not running. */
export interface DomainReference {
  readonly name: string;
  readonly uuid: string;
  readonly id: number;
}

/** virDomainState, in the words of this program. */
export type DomainState = 'running' | 'paused' | 'shutoff' | 'crashed';

/** Why a domain is paused: its owner, a migration that has not ended, a disk that can't be written, a start. */
export type PauseReason = 'user' | 'migration' | 'disk' | 'starting' | 'other';

export interface DomainInfo {
  state: DomainState;
  vcpus: number;
  memoryMiB: number;
  /** CPU time that the domain has used, in seconds. */
  cpuSeconds: number;
}

export type LifecycleKind =
  | 'defined'
  | 'undefined'
  | 'started'
  | 'suspended'
  | 'resumed'
  | 'stopped'
  | 'shutdown'
  | 'pm-suspended'
  | 'crashed';

/** virDomainEventType with its detail, whose meaning depends on the kind (libvirt-domain.h). */
export interface LifecycleEvent {
  domain: DomainReference;
  kind: LifecycleKind | 'unknown';
  detail: number;
}

/**
 * A connection to a libvirt daemon: what this program needs of it, whoever carries the calls. Every method throws LibvirtError
 * `libvirt-error`, or ExternalError `libvirt-connection-lost`, `libvirt-timeout`, `libvirt-protocol`.
 */
export interface Libvirt {
  readonly uri: string;
  /** The daemon's version, such as `9.0.0`. */
  version(): Promise<string>;
  /** The hypervisor's version (QEMU's). */
  hypervisorVersion(): Promise<string>;
  /** What the host can run, as libvirt's XML. */
  capabilities(): Promise<string>;
  /** Every domain, ours or not, running or defined. */
  listDomains(): Promise<DomainReference[]>;
  findDomain(name: string): Promise<DomainReference | undefined>;
  domainXml(domain: DomainReference): Promise<string>;
  domainInfo(domain: DomainReference): Promise<DomainInfo>;
  /** Why it is paused; undefined when it is not. */
  domainReason(domain: DomainReference): Promise<PauseReason | undefined>;
  readonly migration: MigrationCalls;
  readonly snapshots: SnapshotCalls;
  /** `disk`: as the guest has it, such as `vda`. The guest sees the new size at once. */
  growDisk(domain: DomainReference, disk: string, bytes: number): Promise<void>;
  /** Gives a running domain more processors, up to what its definition allows; the guest brings them online. */
  setVcpus(domain: DomainReference, count: number): Promise<void>;
  /** Makes a domain that outlives a restart of the host, without starting it. */
  defineXml(xml: string): Promise<DomainReference>;
  /** Starts a domain that is forgotten when it stops. */
  createXml(xml: string, options?: { paused?: boolean }): Promise<DomainReference>;
  start(domain: DomainReference): Promise<void>;
  resume(domain: DomainReference): Promise<void>;
  /** Stops its processors, and keeps its memory. */
  suspend(domain: DomainReference): Promise<void>;
  /** Asks the guest to power off (ACPI). Returns at once; the guest may take its time, or never do it. */
  shutdown(domain: DomainReference): Promise<void>;
  /** Takes the power away. */
  destroy(domain: DomainReference): Promise<void>;
  undefine(domain: DomainReference): Promise<void>;
  /**
   * The domain's first console, both ways. It must be read or destroyed, because unread output holds the connection.
   * `force` takes it from whoever has it.
   */
  openConsole(domain: DomainReference, options?: { force?: boolean }): Promise<Duplex>;
  /** Calls `listener` for every change of a domain's life until the returned function is called. */
  onLifecycle(listener: (event: LifecycleEvent) => void): Promise<() => void>;
  onClose(listener: (reason: LogosError) => void): () => void;
  /** A file of this machine by the path under which the daemon and its guests know it. */
  guestPath(path: string): string;
  /** The other way round. */
  hostPath(path: string): string;
  close(): Promise<void>;
}
