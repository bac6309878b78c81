import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Home } from '../../system/home.ts';
import { identify, isRunning, type ProcessIdentity, terminate } from '../../system/process.ts';
import { fingerprint, type ServiceDefinition } from '../definitions.ts';
import { FAILED_AFTER, restartAfter } from './backoff.ts';
import { placeProcess, startInCgroups } from './cgroups.ts';
import { findServiceProcess, SERVICE_VARIABLE, serviceMark } from './find-process.ts';
import { openLog } from './log-files.ts';
import type { ServiceRecord } from './record.ts';

/** A process counts as running, not starting, when it has lived this long. */
const SETTLED_MS = 300;
/** From SIGTERM to SIGKILL. */
const STOP_GRACE_MS = 10_000;

interface ChildHost {
  home: Home;
  /** What each service's environment begins with. */
  environment: Readonly<Record<string, string>>;
  /** The child's record has changed and has to be written before anything else happens. */
  changed(): void;
  /** Something for people. */
  note(severity: 'info' | 'warning', text: string): void;
}

/** One supervised process: started, adopted, started again when it ends, stopped. */
export class SupervisedChild {
  readonly definition: ServiceDefinition;
  readonly #host: ChildHost;
  #record: ServiceRecord;
  #wanted = false;
  #deaths = 0;
  #adopted = false;
  #placed = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(definition: ServiceDefinition, host: ChildHost, restarts: number) {
    this.definition = definition;
    this.#host = host;
    this.#record = { state: 'stopped', fingerprint: fingerprint(definition), restarts };
  }

  get record(): ServiceRecord {
    return this.#record;
  }

  /** Takes over a process that an earlier supervisor started, if it is still there; gives whether it was. */
  async adopt(previous: ServiceRecord): Promise<boolean> {
    const identity = previous.identity ?? (previous.state === 'starting' ? await this.#find() : undefined);
    if (!identity || !(await isRunning(identity))) return false;
    this.#wanted = true;
    this.#adopted = true;
    this.#placed = false; // checked once: the earlier supervisor may have died before it had placed it
    this.#update({ ...previous, state: 'running', identity, since: previous.since ?? new Date().toISOString() });
    return true;
  }

  start(): void {
    this.#wanted = true;
    this.#adopted = false;
    // On disk before the process exists: a supervisor killed right after the fork must not be followed by a second process.
    this.#update({ state: 'starting', identity: undefined, since: new Date().toISOString() });
    const { value: child, placed } = startInCgroups(this.definition.cgroupProcs ?? [], () => this.#spawn());
    this.#placed = placed;
    if (!placed)
      this.#host.note('warning', `${this.definition.name} runs outside its control group until that exists.`);
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      this.#ended(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.unref();
    const { pid } = child;
    if (pid === undefined) return;
    void identify(pid).then((identity) => {
      if (!identity || ended) return;
      this.#update({ identity });
      this.#timer = setTimeout(() => this.#settled(identity), SETTLED_MS);
    });
  }

  /** Ends it and keeps it ended. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const identity = this.#record.identity ?? (this.#record.state === 'starting' ? await this.#find() : undefined);
    if (identity) await terminate(identity, STOP_GRACE_MS);
    this.#update({ state: 'stopped', identity: undefined, since: undefined });
  }

  /** Whether `check` has something to look at soon; the end of a process of our own is told to us. */
  get needsChecks(): boolean {
    return this.#wanted && (this.#adopted || !this.#placed);
  }

  /** To be called a few times a second: notices the end of an adopted process, and moves a process into a group that came late. */
  async check(): Promise<void> {
    const { identity } = this.#record;
    if (!this.#wanted || !identity) return;
    if (!this.#placed) this.#placed = placeProcess(identity.pid, this.definition.cgroupProcs ?? []);
    if (this.#adopted && !(await isRunning(identity)) && this.#record.identity === identity)
      this.#ended('unknown cause');
  }

  #spawn(): ReturnType<typeof spawn> {
    const { name, command, env } = this.definition;
    const [program = '', ...args] = command;
    const log = openLog(this.#host.home, name);
    try {
      return spawn(program, args, {
        cwd: '/',
        // Its own session: it must outlive this supervisor and any terminal.
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...this.#host.environment, ...env, [SERVICE_VARIABLE]: serviceMark(this.#host.home, name) },
      });
    } finally {
      closeSync(log);
    }
  }

  #find(): Promise<ProcessIdentity | undefined> {
    return findServiceProcess(this.#host.home, this.definition.name);
  }

  #settled(identity: ProcessIdentity): void {
    if (this.#record.identity === identity) this.#update({ state: 'running' });
  }

  #ended(how: string): void {
    clearTimeout(this.#timer);
    if (!this.#wanted) return;
    const livedMs = Date.now() - Date.parse(this.#record.since ?? new Date().toISOString());
    const { deaths, delayMs } = restartAfter(this.#deaths, livedMs);
    this.#deaths = deaths;
    this.#host.note(
      'warning',
      `${this.definition.name} ended (${how}) and is started again${delayMs ? ` in ${delayMs} ms` : ''}.`,
    );
    this.#update({
      state: deaths >= FAILED_AFTER ? 'failed' : 'starting',
      identity: undefined,
      restarts: this.#record.restarts + 1,
      lastEnd: how,
    });
    if (delayMs === 0) this.start();
    else this.#timer = setTimeout(() => this.start(), delayMs);
  }

  #update(change: Partial<ServiceRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#host.changed();
  }
}
