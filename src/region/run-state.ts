import { z } from 'zod';
import { readJson, writeJson } from '../system/files.ts';
import { type KernelLock, kernelLock } from '../system/kernel-lock.ts';
import { REGION_PHASES, type RegionPhaseName } from '../system/progress.ts';

const done = z.strictObject({
  state: z.enum(['started', 'done', 'failed']),
  /** Digest of all that the phase was run with (inputsDigest). */
  inputs: z.string(),
  /** ISO 8601. */
  at: z.string(),
  ms: z.number().min(0),
  changed: z.int().min(0),
});
const schema = z.strictObject({
  format: z.literal(1),
  region: z.string(),
  phases: z.partialRecord(z.enum(REGION_PHASES), done),
  /** The mark of what a run started (run-playbook.ts): who finds it after a kill ends that before starting anew. */
  running: z.string().optional(),
});

/** How far a region is, as the last run left it. */
export type RunState = z.output<typeof schema>;
export type PhaseState = z.output<typeof done>;

/** The record of a region's runs: on disk before a phase begins and when it ended, so that a kill at any line is seen after. */
export interface RunRecord {
  read(): Promise<RunState>;
  phase(name: RegionPhaseName, state: PhaseState): Promise<void>;
  /** Removes what is known of a phase, once it was undone. */
  forget(name: RegionPhaseName): Promise<void>;
  running(mark: RunState['running']): Promise<void>;
}

export function openRunRecord(file: string, region: string): RunRecord {
  const read = async (): Promise<RunState> => (await readJson(file, schema)) ?? { format: 1, region, phases: {} };
  const change = async (next: (state: RunState) => RunState): Promise<void> => writeJson(file, next(await read()));
  return {
    read,
    phase: (name, state) => change((before) => ({ ...before, phases: { ...before.phases, [name]: state } })),
    forget: (name) =>
      change((before) => {
        const { [name]: _, ...phases } = before.phases;
        return { ...before, phases };
      }),
    running: (mark) =>
      change(({ running: _, ...before }) => (mark === undefined ? before : { ...before, running: mark })),
  };
}

/** One run of a region at a time. Throws UserError `busy`. */
export function lockRegion(file: string): Promise<KernelLock> {
  return kernelLock(file, 2_000);
}
