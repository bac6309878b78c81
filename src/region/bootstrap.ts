import { join } from 'node:path';
import { ExternalError } from '../system/errors.ts';
import { readJson, writeFileAtomic, writeJson } from '../system/files.ts';
import type { Progress, RegionPhaseName } from '../system/progress.ts';
import { goThrough } from './again.ts';
import { changedTasks } from './events.ts';
import { knownHostsText } from './inventory.ts';
import { keepApplied } from './live/drift.ts';
import type { Phase } from './phases.ts';
import { type PlannedPhase, planRun } from './plan.ts';
import { describeFinding, refuseFindings } from './refusal.ts';
import { note, report, timed } from './report.ts';
import { preflight } from './servers.ts';
import { inSession, play, type RegionOptions, reachOf, type Session, snapshotOf } from './session.ts';
import { snapshotSchema } from './snapshot.ts';

/** What was done with one phase. */
export interface PhaseOutcome {
  readonly phase: RegionPhaseName;
  readonly action: 'run' | 'skip';
  readonly reason: PlannedPhase['reason'] | 'builds-on-changes';
  readonly changed: number;
  readonly ms: number;
}

export interface BootstrapResult {
  readonly phases: readonly PhaseOutcome[];
  readonly changed: number;
}

/** Why a phase is not merely gone through again. */
const DOES: readonly PhaseOutcome['reason'][] = ['first', 'broken-off', 'failed', 'inputs-changed'];

/**
 * Brings a region about, phase by phase, or with `dryRun` looks what each would change. What a killed run left behind is ended
 * first. `agree` is asked once, after the servers were looked at and before anything is changed. Throws what a phase does; run
 * again, it goes on there.
 */
export function bootstrap(
  options: RegionOptions,
  {
    only,
    dryRun = false,
    agree = async () => {},
  }: { only?: RegionPhaseName; dryRun?: boolean; agree?: (plan: readonly PlannedPhase[]) => Promise<void> } = {},
): Promise<BootstrapResult> {
  return inSession(options, async (session) => {
    const { record, phases, inputs } = session;
    const planned = planRun(phases, await record.read(), inputs, only);
    const again = !dryRun && only === undefined && planned.every(({ reason }) => !DOES.includes(reason));
    const later = ({ reason }: PlannedPhase): boolean => again && reason === 'again';
    const outcomes = await oneByOne(
      session,
      planned,
      planned.filter((it) => !later(it)),
      { only, dryRun, agree },
    );
    const done = planned.filter(later).map(({ phase }) => phase);
    if (done.length > 0) outcomes.push(...(await goThrough(session, done)));
    if (!dryRun) await keepApplied(options.definition, reachOf(session), session.paths.applied, options.signal);
    return { phases: outcomes, changed: outcomes.reduce((sum, { changed }) => sum + changed, 0) };
  });
}

async function oneByOne(
  session: Session,
  planned: readonly PlannedPhase[],
  now: readonly PlannedPhase[],
  {
    only,
    dryRun,
    agree,
  }: { only?: RegionPhaseName; dryRun: boolean; agree: (plan: readonly PlannedPhase[]) => Promise<void> },
): Promise<PhaseOutcome[]> {
  const { options } = session;
  const outcomes: PhaseOutcome[] = [];
  for (const { phase, action, reason } of now) {
    if (action === 'skip') {
      if (only === undefined) report(options.progress, phase.name, 'skipped', 0, { summary: reason, reason });
      outcomes.push({ phase: phase.name, action, reason, changed: 0, ms: 0 });
      continue;
    }
    // What builds on packages that are not there yet can't be looked at.
    if (dryRun && outcomes.some(({ reason: why }) => why === 'builds-on-changes')) {
      outcomes.push(ahead(options.progress, phase.name));
      continue;
    }
    const work = () => (phase.name === 'preflight' ? look(session) : carryOut(session, phase, dryRun));
    const looked = await timed(options.progress, phase.name, work).catch((thrown: unknown) => {
      const building = dryRun && outcomes.some(({ changed }) => changed > 0);
      if (!building || !(thrown instanceof ExternalError) || thrown.code !== 'region-phase-failed') throw thrown;
      return undefined;
    });
    if (looked === undefined) {
      outcomes.push(ahead(options.progress, phase.name));
      continue;
    }
    const { ms, value: changed } = looked;
    outcomes.push({ phase: phase.name, action, reason, changed, ms });
    if (phase.name === 'preflight' && !dryRun) {
      await agree(planned);
      await snapshotOnce(session);
    }
  }
  return outcomes;
}

/** A phase that a dry run can't look into before those ahead of it are done. */
function ahead(progress: Progress, phase: RegionPhaseName): PhaseOutcome {
  const summary = 'what it would change shows only once the phases before it are done';
  report(progress, phase, 'skipped', 0, { summary, reason: 'builds-on-changes' });
  return { phase, action: 'skip', reason: 'builds-on-changes', changed: 0, ms: 0 };
}

/** Throws the first thing that stands against the region, telling all of them; gives how many tasks changed something: none. */
async function look({ options, paths, record }: Session): Promise<number> {
  const { definition, identity, signal, progress } = options;
  await writeFileAtomic(paths.knownHosts, knownHostsText(definition));
  const { phases } = await record.read();
  const fresh = Object.keys(phases).every((name) => name === 'preflight');
  const { facts, findings } = await preflight(
    definition,
    { knownHosts: paths.knownHosts, identity },
    { fresh, signal },
  );
  for (const finding of findings) note(progress, 'preflight', describeFinding(finding), { ...finding });
  refuseFindings(findings, 'Put that right and run the command again: nothing was changed.');
  for (const [host, { cpus, memoryMiB, diskGiB, skewMs }] of Object.entries(facts)) {
    const line = `${host}: ${cpus} CPUs, ${memoryMiB} MiB of memory, ${diskGiB} GiB free, clock ${Math.round(skewMs)} ms off`;
    note(progress, 'preflight', line, { host, cpus, memoryMiB, diskGiB, skewMs: Math.round(skewMs) });
  }
  return 0;
}

/** Runs a phase and proves it; with `dryRun` looks what it would change. Gives how many tasks changed something. */
async function carryOut(session: Session, phase: Phase, dryRun: boolean): Promise<number> {
  const { record, inputs } = session;
  const { name, playbook = '', verify } = phase;
  if (dryRun) return changedTasks(await play(session, name, playbook, true));
  const began = performance.now();
  const state = (outcome: 'started' | 'done' | 'failed', changed: number) => ({
    state: outcome,
    inputs,
    at: new Date().toISOString(),
    ms: Math.round(performance.now() - began),
    changed,
  });
  await record.phase(name, state('started', 0));
  try {
    const changed = changedTasks(await play(session, name, playbook));
    if (verify !== undefined) await play(session, name, verify);
    await record.phase(name, state('done', changed));
    return changed;
  } catch (thrown) {
    // Broken off by its owner it stays as it is: started.
    if (session.options.signal?.aborted !== true) await record.phase(name, state('failed', 0));
    throw thrown;
  }
}

/** What the servers were before the first phase; taken once, and kept until a reset compared with it. */
async function snapshotOnce(session: Session): Promise<void> {
  const { definition } = session.options;
  await Promise.all(
    definition.servers.map(async (server) => {
      const file = join(session.paths.snapshots, `${server.name}.json`);
      if ((await readJson(file, snapshotSchema)) === undefined)
        await writeJson(file, await snapshotOf(session, server));
    }),
  );
}
