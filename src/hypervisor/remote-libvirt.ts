import type { Duplex } from 'node:stream';
import type { LogosError } from '../system/errors.ts';
import type {
  DomainInfo,
  DomainReference,
  DomainState,
  GuestPlace,
  Libvirt,
  LifecycleEvent,
  LifecycleKind,
  PauseReason,
} from './libvirt.ts';
import { MigrationCalls } from './remote-migration.ts';
import { SnapshotCalls } from './remote-snapshots.ts';
import type { RpcConnection } from './rpc/connection.ts';
import { isLibvirtError, libvirtErrorNumber } from './rpc/errors.ts';
import { events, procedures } from './rpc/protocol.ts';
import { fromWire, toWire } from './wire-domain.ts';

/** Flags and numbers of libvirt-domain.h, which the protocol carries as plain integers. */
const START_PAUSED = 1;
const CONSOLE_FORCE = 1;
const SHUTDOWN_ACPI = 1;
const UNDEFINE_MANAGED_SAVE = 1;
const UNDEFINE_NVRAM = 4;
const EVENT_LIFECYCLE = 0;
const RESIZE_BYTES = 1;
const AFFECT_LIVE = 1;
/** virDomainPausedReason; the ones that this program tells apart. */
const PAUSE_REASONS: Readonly<Record<number, PauseReason>> = { 1: 'user', 2: 'migration', 5: 'disk', 11: 'starting' };
const STATES: readonly DomainState[] = [
  'shutoff', // no state
  'running',
  'running', // blocked on a resource: still running, as its owner sees it
  'paused',
  'running', // shutting down
  'shutoff',
  'crashed',
  'paused', // suspended by the guest's power management
];
const KINDS: readonly LifecycleKind[] = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pm-suspended',
  'crashed',
];

/** The `Libvirt` interface over libvirt's own remote procedure calls. */
export class RemoteLibvirt implements Libvirt {
  readonly uri: string;
  readonly migration: MigrationCalls;
  readonly snapshots: SnapshotCalls;
  readonly #rpc: RpcConnection;
  readonly #listeners = new Set<(event: LifecycleEvent) => void>();
  #registered?: Promise<void>;
  readonly #places: readonly GuestPlace[];

  constructor(rpc: RpcConnection, uri: string, places: readonly GuestPlace[] = []) {
    this.#rpc = rpc;
    this.uri = uri;
    this.#places = places;
    this.migration = new MigrationCalls(rpc);
    this.snapshots = new SnapshotCalls(rpc);
  }

  async version(): Promise<string> {
    return versionText((await this.#rpc.call(procedures.connectGetLibVersion, undefined)).libVer);
  }

  async hypervisorVersion(): Promise<string> {
    return versionText((await this.#rpc.call(procedures.connectGetVersion, undefined)).hvVer);
  }

  async capabilities(): Promise<string> {
    return (await this.#rpc.call(procedures.connectGetCapabilities, undefined)).capabilities;
  }

  async listDomains(): Promise<DomainReference[]> {
    const { domains } = await this.#rpc.call(procedures.connectListAllDomains, { needResults: 1, flags: 0 });
    return domains.map(fromWire);
  }

  async findDomain(name: string): Promise<DomainReference | undefined> {
    try {
      return fromWire((await this.#rpc.call(procedures.domainLookupByName, { name })).dom);
    } catch (error) {
      if (isLibvirtError(error, libvirtErrorNumber.noDomain)) return undefined;
      throw error;
    }
  }

  async domainXml(domain: DomainReference): Promise<string> {
    return (await this.#rpc.call(procedures.domainGetXmlDesc, { dom: toWire(domain), flags: 0 })).xml;
  }

  async domainInfo(domain: DomainReference): Promise<DomainInfo> {
    const info = await this.#rpc.call(procedures.domainGetInfo, { dom: toWire(domain) });
    return {
      state: STATES[info.state] ?? 'shutoff',
      vcpus: info.nrVirtCpu,
      memoryMiB: Number(info.memory) / 1024,
      cpuSeconds: Number(info.cpuTime) / 1e9,
    };
  }

  async domainReason(domain: DomainReference): Promise<PauseReason | undefined> {
    const { state, reason } = await this.#rpc.call(procedures.domainGetState, { dom: toWire(domain), flags: 0 });
    return STATES[state] === 'paused' ? (PAUSE_REASONS[reason] ?? 'other') : undefined;
  }

  async growDisk(domain: DomainReference, disk: string, bytes: number): Promise<void> {
    const args = { dom: toWire(domain), disk, size: BigInt(bytes), flags: RESIZE_BYTES };
    await this.#rpc.call(procedures.domainBlockResize, args);
  }

  async setVcpus(domain: DomainReference, count: number): Promise<void> {
    const args = { dom: toWire(domain), nvcpus: count, flags: AFFECT_LIVE };
    await this.#rpc.call(procedures.domainSetVcpusFlags, args);
  }

  async defineXml(xml: string): Promise<DomainReference> {
    return fromWire((await this.#rpc.call(procedures.domainDefineXml, { xml })).dom);
  }

  async createXml(xml: string, options: { paused?: boolean } = {}): Promise<DomainReference> {
    const flags = options.paused ? START_PAUSED : 0;
    return fromWire((await this.#rpc.call(procedures.domainCreateXml, { xmlDesc: xml, flags })).dom);
  }

  async start(domain: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainCreate, { dom: toWire(domain) });
  }

  async resume(domain: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainResume, { dom: toWire(domain) });
  }

  async suspend(domain: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainSuspend, { dom: toWire(domain) });
  }

  async shutdown(domain: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainShutdownFlags, { dom: toWire(domain), flags: SHUTDOWN_ACPI });
  }

  async destroy(domain: DomainReference): Promise<void> {
    await this.#rpc.call(procedures.domainDestroy, { dom: toWire(domain) });
  }

  async undefine(domain: DomainReference): Promise<void> {
    const flags = UNDEFINE_MANAGED_SAVE | UNDEFINE_NVRAM;
    await this.#rpc.call(procedures.domainUndefineFlags, { dom: toWire(domain), flags });
  }

  openConsole(domain: DomainReference, options: { force?: boolean } = {}): Promise<Duplex> {
    const flags = options.force ? CONSOLE_FORCE : 0;
    return this.#rpc.openStream(procedures.domainOpenConsole, { dom: toWire(domain), devName: null, flags });
  }

  async onLifecycle(listener: (event: LifecycleEvent) => void): Promise<() => void> {
    this.#listeners.add(listener);
    // One registration serves all: libvirt refuses a second one of the same kind on a connection.
    this.#registered ??= this.#register();
    await this.#registered;
    return () => this.#listeners.delete(listener);
  }

  async #register(): Promise<void> {
    const event = events.domainEventCallbackLifecycle;
    this.#rpc.onEvent((procedure, body) => {
      if (procedure !== event.number) return;
      const { dom, event: kind, detail } = event.body.read(body.fork()).msg;
      const told: LifecycleEvent = { domain: fromWire(dom), kind: KINDS[kind] ?? 'unknown', detail };
      for (const listener of [...this.#listeners]) listener(told);
    });
    await this.#rpc.call(procedures.connectDomainEventCallbackRegisterAny, { eventID: EVENT_LIFECYCLE, dom: null });
  }

  onClose(listener: (reason: LogosError) => void): () => void {
    return this.#rpc.onClose(listener);
  }

  guestPath(path: string): string {
    const place = this.#places.find(({ host }) => path.startsWith(`${host}/`));
    return place ? place.guest + path.slice(place.host.length) : path;
  }

  hostPath(path: string): string {
    const place = this.#places.find(({ guest }) => path.startsWith(`${guest}/`));
    return place ? place.host + path.slice(place.guest.length) : path;
  }

  async close(): Promise<void> {
    try {
      await this.#rpc.call(procedures.connectClose, undefined);
    } catch {
      // it ended before it could say so
    }
    this.#rpc.close();
  }
}

/** libvirt packs a version as 1,000,000 × major + 1,000 × minor + release. */
function versionText(packed: bigint): string {
  const value = Number(packed);
  return `${Math.floor(value / 1_000_000)}.${Math.floor(value / 1000) % 1000}.${value % 1000}`;
}
