import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileJournalled } from '../../system/changes.ts';
import { ExternalError, UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { readIfPresent } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import type { Journal } from '../../system/journal.ts';
import type { BootStart } from '../boot/boot-start.ts';
import {
  readServices,
  type ServiceDefinition,
  type ServiceName,
  type Services,
  startOrder,
  type UnitDirectives,
  updateServices,
  withService,
} from '../definitions.ts';
import type { ServiceManager, ServiceState } from '../manager.ts';
import { FAILED_AFTER } from '../supervisor/backoff.ts';
import { serviceEnvironment } from '../supervisor/environment.ts';
import { removeServices } from '../undoers.ts';
import { RELOAD, UNIT } from './undoers.ts';
import { renderSlice, renderUnit, unitName } from './unit-file.ts';

const READY_MS = 20_000;
/** A process that ends at once is seen by then. */
const SETTLED_MS = 300;

interface SystemdManagerOptions {
  home: Home;
  journal: Journal;
  exec: Exec;
  root: string;
}

/** ServiceManager on machines that systemd runs: one unit a service. */
export class SystemdManager implements ServiceManager {
  readonly kind = 'systemd';
  readonly #options: SystemdManagerOptions;

  constructor(options: SystemdManagerOptions) {
    this.#options = options;
  }

  async ensure(definition: ServiceDefinition): Promise<void> {
    const { home, exec } = this.#options;
    const unit = unitName(home, definition.name);
    const changed = await this.#write(unit, renderUnit(home, definition, serviceEnvironment(home)));
    await this.#want((services) => withService(services, { ...definition, wanted: 'running' }));
    await exec('systemctl', ['enable', '--quiet', unit]);
    await exec('systemctl', [changed ? 'restart' : 'start', unit], { accept: [0, 1] });
    await this.#untilRunning(definition.name);
  }

  async define(definition: ServiceDefinition): Promise<void> {
    const { home, exec } = this.#options;
    const unit = unitName(home, definition.name);
    // What runs by the definition of before must not be taken for what runs by this one.
    await exec('systemctl', ['stop', unit], { accept: [0, 5] });
    await this.#write(unit, renderUnit(home, definition, serviceEnvironment(home)));
    await this.#want((services) => withService(services, { ...definition, wanted: 'stopped' }));
  }

  /** A slice with limits, such as the one that guests run in. */
  async ensureSlice(name: string, description: string, directives: UnitDirectives): Promise<void> {
    if (await this.#write(`${name}.slice`, renderSlice(description, directives))) {
      await this.#options.exec('systemctl', ['start', `${name}.slice`]);
    }
  }

  async start(name?: ServiceName): Promise<void> {
    const names = await this.#known(name);
    await this.#wantState(names, 'running');
    for (const one of names) {
      await this.#options.exec('systemctl', ['enable', '--now', '--quiet', unitName(this.#options.home, one)]);
      await this.#untilRunning(one);
    }
  }

  /** systemd does that by itself. */
  async startWanted(): Promise<void> {}

  /** systemd does that by itself. */
  async shutdown(): Promise<void> {}

  async stop(name?: ServiceName): Promise<void> {
    const { home, exec } = this.#options;
    const { services } = await readServices(home);
    const names =
      name === undefined
        ? startOrder(services)
            .map((service) => service.name)
            .reverse()
        : await this.#known(name);
    if (names.length === 0) return;
    await this.#wantState(names, 'stopped');
    for (const one of names) await exec('systemctl', ['disable', '--now', '--quiet', unitName(home, one)]);
  }

  async remove(): Promise<void> {
    await removeServices(this.#options);
    await rm(join(this.#options.home.state, 'services.json'), { force: true });
  }

  async status(): Promise<Partial<Record<ServiceName, ServiceState>>> {
    const { services } = await readServices(this.#options.home);
    const states = await Promise.all(services.map(async ({ name }) => [name, await this.#stateOf(name)] as const));
    return Object.fromEntries(states);
  }

  async bootStart(): Promise<BootStart> {
    return { kind: 'systemd', detail: 'systemd starts the services at boot.' };
  }

  async logs(name: ServiceName | 'supervisor', lines: number): Promise<string[]> {
    if (name === 'supervisor') return [];
    const unit = unitName(this.#options.home, name);
    const { stdout } = await this.#options.exec('journalctl', [
      '-u',
      unit,
      '-n',
      String(lines),
      '-o',
      'cat',
      '--no-pager',
    ]);
    return stdout.split('\n').filter(Boolean);
  }

  /** Writes a unit and has systemd read it; gives whether it differs from what was there. */
  async #write(unit: string, content: string): Promise<boolean> {
    const { journal, root, exec } = this.#options;
    const path = join(root, 'etc/systemd/system', unit);
    if (!(await journal.find(RELOAD, unit))) await journal.record({ kind: RELOAD, target: unit, before: null });
    const changed = (await readIfPresent(path)) !== content;
    if (changed) await writeFileJournalled(journal, path, content, 0o644);
    if (!(await journal.find(UNIT, unit))) await journal.record({ kind: UNIT, target: unit, before: null });
    if (changed) await exec('systemctl', ['daemon-reload']);
    return changed;
  }

  async #want(change: (services: Services) => Services['services']): Promise<void> {
    await updateServices(this.#options.home, (services) => ({
      version: 1,
      manager: 'systemd',
      supervisor: [],
      services: change(services),
    }));
  }

  async #wantState(names: readonly ServiceName[], wanted: 'running' | 'stopped'): Promise<void> {
    await this.#want(({ services }) =>
      services.map((service) => (names.includes(service.name) ? { ...service, wanted } : service)),
    );
  }

  async #known(name?: ServiceName): Promise<ServiceName[]> {
    const names = startOrder((await readServices(this.#options.home)).services).map((service) => service.name);
    if (name === undefined ? names.length > 0 : names.includes(name)) return name === undefined ? names : [name];
    throw new UserError(
      'service-unknown',
      name ? `The service ${name} is not set up on this host.` : 'No service is set up on this host.',
      {
        nextSteps: ['Set this host up with `logos provide`.'],
      },
    );
  }

  async #untilRunning(name: ServiceName): Promise<void> {
    const deadline = performance.now() + READY_MS;
    const before = (await this.#stateOf(name)).restarts;
    let pid: number | undefined;
    let since = performance.now();
    while (performance.now() < deadline) {
      const now = await this.#stateOf(name);
      if (now.state !== 'running' || now.pid !== pid) since = performance.now();
      pid = now.pid;
      if (now.state === 'running' && performance.now() - since >= SETTLED_MS) return;
      if (now.restarts - before >= FAILED_AFTER) break;
      await delay(50);
    }
    throw new ExternalError('service-not-started', `The service ${name} did not start.`, {
      // systemd's own lines stand between those of the process.
      lastLines: await this.logs(name, 20),
      nextSteps: [`See what it says with \`logos service logs ${name}\`.`],
    });
  }

  async #stateOf(name: ServiceName): Promise<ServiceState> {
    const { home, exec } = this.#options;
    const properties = ['ActiveState', 'SubState', 'MainPID', 'NRestarts', 'ActiveEnterTimestamp'];
    const { stdout } = await exec('systemctl', [
      'show',
      '--property',
      properties.join(','),
      '--timestamp=unix',
      unitName(home, name),
    ]);
    return parseUnitState(stdout);
  }
}

/** From `systemctl show` with `--timestamp=unix` (`@SECONDS`). */
export function parseUnitState(text: string): ServiceState {
  const values = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const pid = Number(values.get('MainPID')) || undefined;
  const restarts = Number(values.get('NRestarts')) || 0;
  const seconds = /^@(\d+)$/.exec(values.get('ActiveEnterTimestamp') ?? '')?.[1];
  const since = seconds && seconds !== '0' ? new Date(Number(seconds) * 1000).toISOString() : undefined;
  switch (values.get('ActiveState')) {
    case 'active':
      return { state: 'running', pid, restarts, since };
    case 'activating':
    case 'reloading':
      return { state: 'starting', pid, restarts };
    case 'failed':
      return { state: 'failed', restarts };
    default:
      return { state: 'stopped', restarts };
  }
}
