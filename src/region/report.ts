import type { Detail, Progress, RegionPhaseName } from '../system/progress.ts';

/** Runs a phase between two lines that say so; `work` gives how many tasks changed something. */
export async function timed(progress: Progress, phase: RegionPhaseName, work: () => Promise<number>) {
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  report(progress, phase, 'started', 0, {});
  try {
    const value = await work();
    report(progress, phase, 'ok', ms(), { summary: `${value} changed`, changed: value });
    return { value, ms: ms() };
  } catch (thrown) {
    const summary = thrown instanceof Error ? thrown.message : String(thrown);
    report(progress, phase, 'failed', ms(), { summary });
    throw thrown;
  }
}

export function report(
  progress: Progress,
  phase: RegionPhaseName,
  state: 'started' | 'ok' | 'failed' | 'skipped',
  ms: number,
  detail: Detail,
): void {
  progress({ event: 'phase', phase, state, ms, detail });
}

export function note(progress: Progress, phase: RegionPhaseName, message: string, detail: Detail): void {
  progress({ event: 'note', phase, message, detail });
}
