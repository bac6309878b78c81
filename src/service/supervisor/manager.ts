import { setTimeout as delay } from 'node:timers/promises';
import { ExternalError, UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Home } from '../../system/home.ts';
import type { Journal } from '../../system/journal.ts';
import { terminate } from '../../system/process.ts';
import { type BootStart, registerBootStart, registeredBootStart } from '../boot/boot-start.ts';
import {
  fingerprint,
  readServices,
  type ServiceDefinition,
  type ServiceName,
  type Services,
  updateServices,
  withService,
} from '../definitions.ts';
import type { ServiceManager, ServiceState } from '../manager.ts';
import { removeServices } from '../undoers.ts';
import { endSupervisor } from './end-supervisor.ts';
import { lastLogLines } from './log-files.ts';
import { poke } from './poke.ts';
import { runningSupervisor, type ServiceRecord, type SupervisorRecord } from './record.ts';
import { spawnSupervisor } from './spawn-supervisor.ts';

const READY_MS = 20_000;
/** Stopping waits for each service's own grace of 10 s. */
const STOP_MS = 45_000;

interface SupervisorManagerOptions {
  home: Home;
  journal: Journal;
  exec: Exec;
  root: string;
  supervisorCommand: readonly string[];
}

/** ServiceManager on machines without systemd: writes down what is wanted, and has the supervisor make it so. */
export class SupervisorManager implements ServiceManager {
  readonly kind = 'supervisor';
  readonly #options: SupervisorManagerOptions;

  constructor(options: SupervisorManagerOptions) {
    this.#options = options;
  }

  async ensure(definition: ServiceDefinition): Promise<void> {
    await this.#journalSelf();
    const after = await this.#update((services) => withService(services, { ...definition, wanted: 'running' }));
    await this.#settle(after, [definition.name]);
  }

  /** The supervisor starts what it is told to by itself: there are no files for it. */
  async define(): Promise<void> {}

  async start(name?: ServiceName): Promise<void> {
    const names = await this.#known(name);
    const after = await this.#update((services) =>
      services.services.map((service) => (names.includes(service.name) ? { ...service, wanted: 'running' } : service)),
    );
    await this.#settle(after, names);
  }

  async startWanted(): Promise<void> {
    const services = await readServices(this.#options.home);
    const names = services.services.flatMap(({ name, wanted }) => (wanted === 'running' ? [name] : []));
    if (names.length > 0) await this.#settle(services, names);
  }

  async stop(name?: ServiceName): Promise<void> {
    const { home } = this.#options;
    const names = (await readServices(home)).services.map((service) => service.name);
    if (names.length === 0) return;
    const chosen = name === undefined ? names : await this.#known(name);
    const after = await this.#update((services) =>
      services.services.map((service) => (chosen.includes(service.name) ? { ...service, wanted: 'stopped' } : service)),
    );
    if (after.services.every(({ wanted }) => wanted === 'stopped')) await endSupervisor(home, after.services, STOP_MS);
    else await this.#takenUp(after.revision, STOP_MS);
  }

  async shutdown(): Promise<void> {
    const record = await runningSupervisor(this.#options.home);
    if (record?.supervisor) await terminate(record.supervisor, STOP_MS);
  }

  async remove(): Promise<void> {
    const { home, journal, root, exec } = this.#options;
    await removeServices({ home, journal, root, exec });
  }

  async status(): Promise<Partial<Record<ServiceName, ServiceState>>> {
    const { home } = this.#options;
    const record = await runningSupervisor(home);
    const { services } = await readServices(home);
    return Object.fromEntries(services.map(({ name }) => [name, stateOf(record?.services[name])]));
  }

  async bootStart(): Promise<BootStart> {
    return registeredBootStart(this.#options);
  }

  async logs(name: ServiceName | 'supervisor', lines: number): Promise<string[]> {
    return lastLogLines(this.#options.home, name, lines);
  }

  /** Before the first process: what undoes it all has to be in the journal. */
  async #journalSelf(): Promise<void> {
    const { home, journal, supervisorCommand } = this.#options;
    if (await journal.find('service-supervisor', home.root)) return;
    await journal.record({ kind: 'service-supervisor', target: home.root, before: null });
    await registerBootStart(this.#options, supervisorCommand.slice(0, -2));
  }

  async #update(change: (services: Services) => Services['services']): Promise<Services> {
    const { home, supervisorCommand } = this.#options;
    return updateServices(home, (services) => ({
      version: 1,
      manager: 'supervisor',
      supervisor: [...supervisorCommand],
      services: change(services),
    }));
  }

  async #known(name?: ServiceName): Promise<ServiceName[]> {
    const { services } = await readServices(this.#options.home);
    const names = services.map((service) => service.name);
    if (name === undefined ? names.length > 0 : names.includes(name)) return name === undefined ? names : [name];
    throw new UserError(
      'service-unknown',
      name ? `The service ${name} is not set up on this host.` : 'No service is set up on this host.',
      {
        nextSteps: ['Set this host up with `logos provide`.'],
      },
    );
  }

  /** Waits until the named services run as they are defined. */
  async #settle(services: Services, names: readonly ServiceName[]): Promise<void> {
    const deadline = performance.now() + READY_MS;
    for (const name of names) {
      const definition = services.services.find((service) => service.name === name);
      for (;;) {
        // A supervisor that is killed meanwhile is started again, as it would be later.
        const { services: running } = await this.#takenUp(services.revision, READY_MS);
        const service = running[name];
        if (service?.state === 'running' && definition && service.fingerprint === fingerprint(definition)) break;
        if (service?.state === 'failed' || performance.now() > deadline) throw await this.#notStarted(name, service);
        await delay(20);
      }
    }
  }

  /** Has the supervisor read the file again, after starting it where it does not run, and waits until it has. */
  async #takenUp(revision: number, timeoutMs: number): Promise<SupervisorRecord> {
    const { home } = this.#options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const record = (await runningSupervisor(home)) ?? (await spawnSupervisor(home, revision));
      if (record.revision >= revision) return record;
      if (record.supervisor) await poke(record.supervisor);
      if (performance.now() > deadline) {
        throw new ExternalError('supervisor-silent', 'The supervisor of the background services does not react.', {
          nextSteps: [
            'See what it says with `logos service logs supervisor`.',
            'Stop everything with `logos service stop`.',
          ],
        });
      }
      await delay(50);
    }
  }

  async #notStarted(name: ServiceName, service: ServiceRecord | undefined): Promise<ExternalError> {
    const how = service?.lastEnd ? ` It ended with ${service.lastEnd}.` : '';
    return new ExternalError('service-not-started', `The service ${name} did not start.${how}`, {
      lastLines: await lastLogLines(this.#options.home, name, 5),
      nextSteps: [`See what it says with \`logos service logs ${name}\`.`],
    });
  }
}

function stateOf(record: ServiceRecord | undefined): ServiceState {
  if (!record) return { state: 'stopped', restarts: 0 };
  const { state, identity, restarts, since } = record;
  return { state, pid: identity?.pid, restarts, since };
}
