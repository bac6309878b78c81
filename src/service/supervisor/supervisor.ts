import { join } from 'node:path';
import { Bug, toLogosError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { tryKernelLock } from '../../system/kernel-lock.ts';
import { identify, type ProcessIdentity } from '../../system/process.ts';
import { fingerprint, readServices, type ServiceName, startOrder, type WantedService } from '../definitions.ts';
import { EventLog } from '../event-log.ts';
import { ownCgroupProcs, placeProcess } from './cgroups.ts';
import { SupervisedChild } from './child.ts';
import { serviceEnvironment } from './environment.ts';
import { rotateLog } from './log-files.ts';
import { readRecord, type SupervisorRecord, writeRecord } from './record.ts';

/** How often adopted processes and late control groups are looked at. */
const CHECK_MS = 250;
/** … and when there are none of either. */
const IDLE_MS = 5_000;
const ROTATE_MS = 60_000;

/** A lock that only the one supervisor of an instance holds. */
export function supervisorLock(home: Home): string {
  return join(home.run, 'supervisor.lock');
}

/**
 * Runs what `state/services.json` wants until nothing is wanted any more or `signal` is aborted; SIGHUP makes it read
 * the file again. Gives false at once when another supervisor of this instance is there.
 */
export async function runSupervisor(home: Home, signal: AbortSignal): Promise<boolean> {
  const lock = await tryKernelLock(supervisorLock(home));
  if (!lock) return false;
  try {
    await new Supervisor(home).run(signal);
    return true;
  } finally {
    lock.release();
  }
}

class Supervisor {
  readonly #home: Home;
  readonly #events: EventLog;
  readonly #children = new Map<ServiceName, SupervisedChild>();
  /** How often each service was started anew before, for those that are not running. */
  readonly #restarts = new Map<ServiceName, number>();
  #self: ProcessIdentity | null = null;
  #cgroupProcs: string[] = [];
  #revision = 0;

  constructor(home: Home) {
    this.#home = home;
    this.#events = new EventLog(home);
  }

  async run(signal: AbortSignal): Promise<void> {
    let poked = true;
    let wake = (): void => {};
    const poke = (): void => {
      poked = true;
      wake();
    };
    const stop = (): void => wake();
    process.on('SIGHUP', poke);
    signal.addEventListener('abort', stop);
    let rotated = 0;
    try {
      await this.#begin();
      while (!signal.aborted) {
        if (poked) {
          poked = false;
          if (!(await this.#reloadOrKeep())) break;
        }
        for (const child of this.#children.values()) await child.check();
        if (Date.now() - rotated > ROTATE_MS) {
          rotated = Date.now();
          this.#write(); // should anybody have damaged it
          for (const name of [...this.#children.keys(), 'supervisor']) await rotateLog(this.#home, name);
        }
        if (poked || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          const busy = [...this.#children.values()].some((child) => child.needsChecks);
          const timer = setTimeout(resolve, busy ? CHECK_MS : IDLE_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      await this.#stopAll();
      this.#self = null; // ended on purpose: nobody has to start it again
      this.#write();
    } finally {
      signal.removeEventListener('abort', stop);
      process.off('SIGHUP', poke);
    }
  }

  /** Finds what an earlier supervisor left running. */
  async #begin(): Promise<void> {
    this.#self = (await identify(process.pid)) ?? null;
    if (!this.#self) throw new Bug('A process without an entry in /proc supervises.');
    const previous = await this.#previous();
    this.#cgroupProcs = previous?.cgroupProcs ?? ownCgroupProcs();
    // Started by one of its children it would be in that one's groups, and under its limits.
    if (previous) placeProcess(process.pid, this.#cgroupProcs);
    const { services } = await readServices(this.#home);
    for (const definition of services) {
      const record = previous?.services[definition.name] ?? {
        // No record that can be read: whether the process is there is seen from its mark.
        state: 'starting' as const,
        fingerprint: fingerprint(definition),
        restarts: 0,
      };
      const child = this.#childOf(definition, record.restarts);
      if (await child.adopt(record)) this.#children.set(definition.name, child);
      else if (previous && record.state !== 'stopped') this.#restarts.set(definition.name, record.restarts + 1);
    }
    this.#write();
  }

  async #previous(): Promise<SupervisorRecord | undefined> {
    try {
      return await readRecord(this.#home);
    } catch {
      return undefined; // damaged: what runs is found by its marks
    }
  }

  /** A file that was damaged while we run must not end what runs. */
  async #reloadOrKeep(): Promise<boolean> {
    try {
      return await this.#reload();
    } catch (error) {
      if (this.#children.size === 0) throw error;
      process.stdout.write(`${new Date().toISOString()} ${toLogosError(error).message}\n`);
      return true;
    }
  }

  /** Makes what runs equal to what is wanted; gives false when nothing is wanted. */
  async #reload(): Promise<boolean> {
    const { services, revision } = await readServices(this.#home);
    const wanted = startOrder(services.filter((service) => service.wanted === 'running'));
    const unchanged = (service: WantedService): boolean =>
      this.#children.get(service.name)?.record.fingerprint === fingerprint(service);
    const keep = new Set(wanted.filter(unchanged).map(({ name }) => name));
    for (const [name, child] of this.#children) this.#restarts.set(name, child.record.restarts);
    await this.#stopAll((name) => !keep.has(name));
    for (const service of wanted) {
      if (keep.has(service.name)) continue;
      const child = this.#childOf(service, this.#restarts.get(service.name) ?? 0);
      this.#children.set(service.name, child);
      child.start();
    }
    this.#revision = revision;
    this.#write();
    return wanted.length > 0;
  }

  /** In the reverse of the order in which they are started. */
  async #stopAll(select: (name: ServiceName) => boolean = () => true): Promise<void> {
    const order = startOrder([...this.#children.values()].map(({ definition }) => definition)).reverse();
    for (const { name } of order) {
      if (!select(name)) continue;
      await this.#children.get(name)?.stop();
      this.#children.delete(name);
    }
  }

  #childOf(definition: WantedService, restarts: number): SupervisedChild {
    return new SupervisedChild(
      definition,
      {
        home: this.#home,
        environment: serviceEnvironment(this.#home),
        changed: () => this.#write(),
        note: (severity, text) => {
          process.stdout.write(`${new Date().toISOString()} ${text}\n`);
          void this.#events.append({ severity, source: definition.name, text }).catch(() => {});
        },
      },
      restarts,
    );
  }

  #write(): void {
    writeRecord(this.#home, {
      supervisor: this.#self,
      cgroupProcs: this.#cgroupProcs,
      revision: this.#revision,
      services: Object.fromEntries([...this.#children].map(([name, child]) => [name, child.record])),
    });
  }
}
