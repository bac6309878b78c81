import { join } from 'node:path';
import { readJson } from '../system/files.ts';
import type { RegionPhaseName } from '../system/progress.ts';
import { changedTasks } from './events.ts';
import { report, timed } from './report.ts';
import { inSession, play, type RegionOptions, snapshotOf } from './session.ts';
import { compareSnapshots, snapshotSchema } from './snapshot.ts';

export interface ResetResult {
  readonly undone: readonly RegionPhaseName[];
  /** Phases that were run, and that neither they nor a phase before them have a way back from. */
  readonly kept: readonly RegionPhaseName[];
  /** By server, what is other than before the first phase; absent without a snapshot of then. */
  readonly differences: Readonly<Record<string, readonly string[]>>;
}

/**
 * Undoes what was run, the last phase first: a way back leads to before its phase, whatever came after. Then compares every server with
 * what it was before the first phase. Safe to run again.
 */
export function resetRegion(options: RegionOptions): Promise<ResetResult> {
  return inSession(options, async (session) => {
    const { record, phases, paths } = session;
    const known = (await record.read()).phases;
    const undone: RegionPhaseName[] = [];
    // Run, and with no way back of its own: the way back of a phase before it takes it away too.
    let waiting: RegionPhaseName[] = [];
    for (const phase of phases.filter(({ name }) => known[name] !== undefined).toReversed()) {
      waiting.push(phase.name);
      const { undo } = phase;
      if (undo === undefined) continue;
      await timed(options.progress, phase.name, async () => changedTasks(await play(session, phase.name, undo)));
      for (const name of waiting) await record.forget(name);
      undone.push(...waiting);
      waiting = [];
    }
    for (const name of waiting)
      report(options.progress, name, 'skipped', 0, { summary: 'there is no way back from it' });
    const differences: Record<string, readonly string[]> = {};
    for (const server of options.definition.servers) {
      const before = await readJson(join(paths.snapshots, `${server.name}.json`), snapshotSchema);
      if (before === undefined) continue;
      differences[server.name] = compareSnapshots(before, await snapshotOf(session, server));
    }
    return { undone, kept: waiting, differences };
  });
}
