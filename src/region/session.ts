import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackedFile } from '../gatekeeper/index.ts';
import type { Json } from '../system/journal.ts';
import { endMarked } from '../system/marked-processes.ts';
import type { Progress, RegionPhaseName } from '../system/progress.ts';
import type { RegionDefinition } from './definition.ts';
import type { AnsibleEvent, RunTally } from './events.ts';
import { layOut, prepareDirectories, regionPaths } from './files.ts';
import type { GuestImage } from './inventory.ts';
import { type Phase, phasesOf } from './phases.ts';
import { inputsDigest } from './plan.ts';
import { manifestOf } from './platform.ts';
import { note } from './report.ts';
import { MARK, type PlaybookRunner, runPlaybook } from './run-playbook.ts';
import { lockRegion, openRunRecord, type RunRecord, type RunState } from './run-state.ts';
import { execOn, type Reach } from './servers.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

export interface RegionOptions {
  readonly definition: RegionDefinition;
  /** The tree as it was compared with what the chain names; these very bytes are run. */
  readonly files: readonly PackedFile[];
  /** The directory of all regions on this machine. */
  readonly regions: string;
  /** The program ansible-playbook. */
  readonly ansible: string;
  readonly identity?: string;
  readonly guest?: GuestImage;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** What a region's work has in hand. */
export interface Session {
  readonly options: RegionOptions;
  readonly paths: ReturnType<typeof regionPaths>;
  readonly record: RunRecord;
  readonly runner: PlaybookRunner;
  readonly phases: readonly Phase[];
  readonly inputs: string;
}

/** Works on a region alone: what a killed run left behind is ended, and what is run is laid out. */
export async function inSession<T>(options: RegionOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const { definition, files, regions } = options;
  const paths = regionPaths(regions, definition.name);
  await prepareDirectories(paths);
  const lock = await lockRegion(paths.lock);
  const mark = randomUUID();
  try {
    const record = openRunRecord(paths.state, definition.name);
    // A killed run's Ansible may still be at work on the servers.
    const { running } = await record.read();
    if (running !== undefined) {
      await endMarked(MARK, running);
      await rm(socketsOf(running), { recursive: true, force: true });
    }
    await record.running(mark);
    await mkdir(socketsOf(mark), { mode: 0o700 });
    const platform = manifestOf(files);
    const { inventory, values, secrets } = await layOut(paths, definition, files, options);
    const runner = {
      program: options.ansible,
      tree: paths.tree,
      inventory: paths.inventory,
      values: paths.values,
      ansibleHome: paths.ansibleHome,
      temporary: paths.temporary,
      sockets: socketsOf(mark),
      secrets,
      mark,
    };
    const inputs = inputsDigest(platform, values as Json, inventory as Json);
    const value = await work({
      options,
      paths,
      record,
      runner,
      phases: phasesOf(platform, definition.services),
      inputs,
    });
    await record.running(undefined);
    return value;
  } finally {
    await endMarked(MARK, mark);
    await rm(socketsOf(mark), { recursive: true, force: true });
    lock.release();
  }
}

/** A directory that only this run has: nobody can guess its name before it is made. */
function socketsOf(mark: string): string {
  return join(tmpdir(), `logos-ssh-${mark.slice(0, 13)}`);
}

/** Runs a playbook, with a log of its own. */
export async function play(
  session: Session,
  phase: RegionPhaseName,
  playbook: string,
  check = false,
): Promise<RunTally> {
  const { options, paths, runner } = session;
  const log = join(paths.logs, `${playbook.replaceAll('/', '-')}.jsonl`);
  const on = (event: AnsibleEvent): void => tell(options.progress, phase, event);
  return runPlaybook(runner, playbook, { check, log, on, ...(options.signal && { signal: options.signal }) });
}

/** A line for what changed, broke or has a message (`debug`); the hundreds of tasks that found all as it should be say nothing. */
export function tell(progress: Progress, phase: RegionPhaseName, event: AnsibleEvent): void {
  if (event.event !== 'task' || event.status === 'skipped') return;
  const { host, task, status, ms, message, diff } = event;
  if (status === 'ok' && message === undefined) return;
  const line = `${host}: ${status === 'ok' ? message : `${task}: ${status}`}`;
  note(progress, phase, line, { host, task, status, ms, message, diff });
}

/** How a session's servers are reached. */
export function reachOf({ options, paths }: Pick<Session, 'options' | 'paths'>): Reach {
  return { knownHosts: paths.knownHosts, ...(options.identity && { identity: options.identity }) };
}

/** Packages, settings and units of a server, as they are now. */
export function snapshotOf(
  { options, paths }: Session,
  server: RegionDefinition['servers'][number],
): Promise<Snapshot> {
  const reach = reachOf({ options, paths });
  return takeSnapshot(execOn(options.definition, server, reach), server.ssh.user, options.signal);
}

/** How far a region is, from what was written down. */
export async function regionState(regions: string, name: string): Promise<RunState> {
  return openRunRecord(regionPaths(regions, name).state, name).read();
}
