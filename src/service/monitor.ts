import { readFile } from 'node:fs/promises';
import { connectLibvirt, type Dvm, type Libvirt, listDvms, planLibvirtd } from '../hypervisor/index.ts';
import type { Home } from '../system/home.ts';
import { composeStatus } from './compose-status.ts';
import type { EventLog } from './event-log.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { ServiceManager, ServiceState } from './manager.ts';
import { currentVerdict } from './ngd.ts';
import { isPaused } from './pause.ts';
import type {
  StatusChain,
  StatusDocument,
  StatusEvent,
  StatusGatekeeper,
  StatusMessage,
  StatusService,
  StatusShare,
} from './status-document.ts';

interface MonitorOptions {
  home: Home;
  manager: ServiceManager;
  events: EventLog;
}

/** Requests and events that a document carries at most. */
const SHOWN = 50;

/** What the gatekeeper's process knows of this host, as the document that `logos status` shows. */
export class StatusMonitor {
  readonly #home: Home;
  readonly #manager: ServiceManager;
  readonly #events: EventLog;
  readonly #listeners = new Set<(message: StatusMessage) => void>();
  #gatekeeper: Gatekeeper | undefined;
  #chain: StatusChain | null = null;
  #unwatch: (() => void) | undefined;
  #libvirt: Libvirt | undefined;
  #cpu: { at: number; seconds: number; cores: number } | undefined;
  #pause = new AbortController();
  #resumed: (() => void) | undefined;
  #trouble: string | undefined;
  #standing: string | undefined;
  #cut: string | undefined;

  constructor({ home, manager, events }: MonitorOptions) {
    this.#home = home;
    this.#manager = manager;
    this.#events = events;
  }

  subscribe(listener: (message: StatusMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Keeps an event and tells whoever watches. */
  async tell(severity: StatusEvent['severity'], source: string, text: string): Promise<void> {
    const told = { severity, source, text };
    // A full disk must not end the gatekeeper: those who listen hear it all the same.
    const event = await this.#events.append(told).catch(() => ({ at: new Date().toISOString(), ...told }));
    for (const listener of this.#listeners) listener({ type: 'event', event });
  }

  get gatekeeper(): Gatekeeper | undefined {
    return this.#gatekeeper;
  }

  async attach(opened: Gatekeeper): Promise<void> {
    this.#gatekeeper = opened;
    this.#trouble = undefined;
    const { name } = opened.chain.identity;
    const note = ({ height, finalized }: { height: number; finalized: number }): void => {
      this.#chain = { name, height, finalized };
    };
    note(await opened.chain.head());
    this.#unwatch = opened.chain.onHead(note);
    if (await isPaused(this.#home)) this.#pause.abort();
  }

  /** Why there is no gatekeeper now, in a sentence. */
  stumble(why: string): void {
    this.#trouble = why;
  }

  /** Why the chain's rules let this host do nothing now, in a sentence; `undefined` while they do. */
  stand(why: string | undefined): void {
    this.#standing = why;
  }

  /** Why NGd took this host out of service, in a sentence. */
  cut(why: string): void {
    this.#cut = why;
  }

  detach(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#gatekeeper = undefined;
    this.#chain = null;
  }

  /** Aborted when the owner pauses this host, or with `signal`. */
  untilPaused(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#pause.signal]);
  }

  async untilResumed(signal: AbortSignal): Promise<void> {
    if (!this.#pause.signal.aborted || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#resumed = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  pause(): void {
    this.#pause.abort();
  }

  resume(): void {
    // The owner's word does not bring back a host that deviates.
    if (this.#cut !== undefined) return;
    this.#pause = new AbortController();
    this.#resumed?.();
  }

  async document(): Promise<StatusDocument> {
    const stored = composeStatus(this.#home);
    const [dvms, services, verdict, events] = await Promise.all([
      this.#dvms(),
      this.#manager.status(),
      currentVerdict(this.#home),
      this.#events.recent(SHOWN),
    ]);
    const paused = this.#pause.signal.aborted || (await isPaused(this.#home));
    const running = (dvms ?? []).filter((dvm) => dvm.state === 'running');
    const fault = this.#fault(dvms, services);
    return {
      ...stored,
      state: this.#cut !== undefined ? 'degraded' : paused ? 'paused' : fault === null ? 'providing' : 'degraded',
      message: fault,
      dvms: (dvms ?? []).map(({ name, uuid, state, path, vcpus, memoryMiB, cpuSeconds }) => ({
        name,
        uuid,
        state,
        path,
        vcpus,
        memoryMiB,
        cpuSeconds,
      })),
      integrity: verdict.integrity,
      integrityDetail: {
        checkedAt: verdict.checkedAt,
        deviations: [
          ...verdict.deviations.map(({ target, expected, found }) => `${target}: expected ${expected}, found ${found}`),
          ...verdict.unchecked.map(({ target, reason }) => `${target}: ${reason}`),
        ],
      },
      chain: this.#chain,
      service: {
        ng: serviceOf(services.ng),
        ngd: serviceOf(services.ngd),
        chain: serviceOf(services.chain),
        libvirtd: serviceOf(services.libvirtd),
      },
      lent: stored.lent && this.#used(stored.lent, running),
      kept: stored.kept && (await usedByOwner(stored.kept, running)),
      gatekeeper: this.#requests(),
      events,
    };
  }

  async close(): Promise<void> {
    this.detach();
    await this.#libvirt?.close();
  }

  /** `undefined` when libvirt does not answer. */
  async #dvms(): Promise<Dvm[] | undefined> {
    try {
      this.#libvirt ??= await this.#connect();
      return await listDvms(this.#libvirt);
    } catch {
      await this.#libvirt?.close();
      this.#libvirt = undefined;
      return undefined;
    }
  }

  async #connect(): Promise<Libvirt> {
    const { endpoint } = await planLibvirtd(this.#home);
    return connectLibvirt(endpoint);
  }

  /** The first thing that keeps this host from providing, in a sentence. */
  #fault(dvms: Dvm[] | undefined, services: Awaited<ReturnType<ServiceManager['status']>>): string | null {
    if (this.#cut !== undefined) return this.#cut;
    if (!this.#gatekeeper) return `${this.#trouble ?? 'The chain does not answer.'} Running guests are kept.`;
    if (this.#standing !== undefined) return this.#standing;
    if (dvms === undefined) return 'libvirt does not answer.';
    if (services.ngd && services.ngd.state !== 'running') return 'The integrity daemon (NGd) does not run.';
    return null;
  }

  #used(lent: StatusShare, running: readonly Dvm[]): StatusShare {
    const seconds = running.reduce((sum, dvm) => sum + dvm.cpuSeconds, 0);
    const at = performance.now();
    const before = this.#cpu;
    // Over less than half a second libvirt's counters are too coarse to divide.
    if (before === undefined || at - before.at >= 500) {
      const cores = before ? Math.max(0, (seconds - before.seconds) / ((at - before.at) / 1000)) : 0;
      this.#cpu = { at, seconds, cores };
    }
    const memoryUsedMiB = running.reduce((sum, dvm) => sum + dvm.memoryMiB, 0);
    return { ...lent, cpuUsed: Math.round((this.#cpu?.cores ?? 0) * 100) / 100, memoryUsedMiB };
  }

  #requests(): StatusGatekeeper | null {
    const gatekeeper = this.#gatekeeper?.gatekeeper;
    if (!gatekeeper) return null;
    const { accepted, refused, failed, pending } = gatekeeper.counters();
    const recent = gatekeeper.recent(SHOWN).reverse();
    return {
      received: accepted + refused + failed,
      refused,
      executed: accepted,
      failed,
      pending,
      recent: recent.map(({ at, kind, outcome, reason, transaction, height, ms }) => ({
        at,
        kind,
        outcome: outcome === 'accepted' ? 'executed' : outcome,
        detail: reason ?? (transaction ? `block ${height}, ${Math.round(ms)} ms` : `${Math.round(ms)} ms`),
      })),
    };
  }
}

function serviceOf(state: ServiceState | undefined): StatusService | null {
  if (!state) return null;
  return { state: state.state, pid: state.pid ?? null, restarts: state.restarts, since: state.since ?? null };
}

/** What the owner uses of what is kept: memory in use less the guests'. */
async function usedByOwner(kept: StatusShare, running: readonly Dvm[]): Promise<StatusShare> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  const guests = running.reduce((sum, dvm) => sum + dvm.memoryMiB, 0);
  const used = Math.round(field('MemTotal') - field('MemAvailable') - guests);
  return { ...kept, memoryUsedMiB: Math.min(kept.memoryMiB, Math.max(0, used)) };
}
