import type { Exec } from '../system/exec.ts';
import { isThere } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { Journal } from '../system/journal.ts';
import { ownCommand } from '../system/process.ts';
import type { BootStart } from './boot/boot-start.ts';
import type { ServiceDefinition, ServiceName } from './definitions.ts';

export interface ServiceState {
  state: 'running' | 'starting' | 'stopped' | 'failed';
  pid?: number;
  /** How often it was started anew since it was first started. */
  restarts: number;
  /** When the running process was started, ISO 8601. */
  since?: string;
}

/** Keeps this program's background processes running: systemd where that is the init system, else our own supervisor. */
export interface ServiceManager {
  readonly kind: 'systemd' | 'supervisor';
  /**
   * Installs or updates one service, starts it, and waits until it runs; starts it anew only when its definition has
   * changed. Throws ExternalError `service-not-started` with the last lines that it printed.
   */
  ensure(definition: ServiceDefinition): Promise<void>;
  /**
   * Writes the files that `ensure` would write for a service, and starts nothing: one that runs is stopped. Without
   * systemd there are none, and nothing is done.
   */
  define(definition: ServiceDefinition): Promise<void>;
  /** Starts what is set up, one service or all. Throws UserError `service-unknown`. */
  start(name?: ServiceName): Promise<void>;
  /** Starts what was not stopped on purpose: for the machine's boot. */
  startWanted(): Promise<void>;
  /** Stops one service, or all in the reverse of their order, until they are started again; a reboot leaves them stopped. */
  stop(name?: ServiceName): Promise<void>;
  /** Ends what runs without changing what is wanted: for the machine's shutdown. */
  shutdown(): Promise<void>;
  /** Stops everything and takes back every change to the host that this manager made. */
  remove(): Promise<void>;
  status(): Promise<Partial<Record<ServiceName, ServiceState>>>;
  /** Whether and how the services come back after a reboot. */
  bootStart(): Promise<BootStart>;
  /** The last lines that a service wrote, oldest first. Under systemd there is no supervisor of ours, and so no line of it. */
  logs(name: ServiceName | 'supervisor', lines: number): Promise<string[]>;
}

export interface ServiceManagerOptions {
  /** How the supervisor is started. Default: this program with `service run`. */
  supervisorCommand?: readonly string[];
  /** The directory that stands for `/`: where init scripts and units go. */
  root?: string;
}

/** The service manager for this machine: systemd runs it when /run/systemd/system is there (sd_booted(3)). */
export async function serviceManager(
  home: Home,
  journal: Journal,
  exec: Exec,
  options: ServiceManagerOptions = {},
): Promise<ServiceManager> {
  const { root = '/', supervisorCommand = [...ownCommand(), 'service', 'run'] } = options;
  if (await isThere('/run/systemd/system')) {
    const { SystemdManager } = await import('./systemd/manager.ts');
    return new SystemdManager({ home, journal, exec, root });
  }
  const { SupervisorManager } = await import('./supervisor/manager.ts');
  return new SupervisorManager({ home, journal, exec, root, supervisorCommand });
}
