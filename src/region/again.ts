import { join } from 'node:path';
import type { RegionPhaseName } from '../system/progress.ts';
import type { PhaseOutcome } from './bootstrap.ts';
import { type AnsibleEvent, changedTasks, NOTHING_YET, type RunTally, tallied } from './events.ts';
import type { Phase } from './phases.ts';
import { report } from './report.ts';
import { runPlaybook } from './run-playbook.ts';
import { type Session, tell } from './session.ts';

/**
 * Goes through phases that are all done, in one run of Ansible: its start and its logins take longer than a look at what is as it
 * should be. Each is told and written down as if it had a run of its own. Throws what a phase does.
 */
export async function goThrough(session: Session, phases: readonly Phase[]): Promise<PhaseOutcome[]> {
  const { options, paths, record, runner, inputs } = session;
  const { progress, signal } = options;
  const playbooks = phases.flatMap(({ playbook = '', verify }) =>
    verify === undefined ? [playbook] : [playbook, verify],
  );
  const phaseOf = new Map(
    phases.flatMap(({ name, playbook = '', verify = '' }) => [[playbook, name] as const, [verify, name]]),
  );
  const outcomes: PhaseOutcome[] = [];
  let [current, tally, began]: [RegionPhaseName | undefined, RunTally, number] = [undefined, NOTHING_YET, 0];
  // One after the other: each reads what the one before wrote.
  let written: Promise<void> = Promise.resolve();
  const write = (phase: RegionPhaseName, state: 'started' | 'done' | 'failed', ms: number, changed: number): void => {
    const at = new Date().toISOString();
    written = written.then(() => record.phase(phase, { state, inputs, at, ms, changed }));
  };
  const end = (): void => {
    if (current === undefined) return;
    const [ms, changed] = [Math.round(performance.now() - began), changedTasks(tally)];
    write(current, 'done', ms, changed);
    report(progress, current, 'ok', ms, { summary: `${changed} changed`, changed });
    outcomes.push({ phase: current, action: 'run', reason: 'again', changed, ms });
  };
  const on = (event: AnsibleEvent): void => {
    if (event.event === 'playbook') {
      const next = phaseOf.get(event.file);
      if (next === undefined || next === current) return;
      end();
      [current, tally, began] = [next, NOTHING_YET, performance.now()];
      write(next, 'started', 0, 0);
      report(progress, next, 'started', 0, {});
    } else if (current !== undefined) {
      tally = tallied(tally, event);
      tell(progress, current, event);
    }
  };
  try {
    await runPlaybook(runner, playbooks, { log: join(paths.logs, 'again.jsonl'), on, ...(signal && { signal }) });
    end();
    await written;
    return outcomes;
  } catch (thrown) {
    if (current !== undefined) {
      const ms = Math.round(performance.now() - began);
      report(progress, current, 'failed', ms, { summary: thrown instanceof Error ? thrown.message : String(thrown) });
      // Broken off by its owner it stays as it is: started.
      if (signal?.aborted !== true) write(current, 'failed', ms, 0);
    }
    await written;
    throw thrown;
  }
}
