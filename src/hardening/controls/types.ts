import type { z } from 'zod';
import type { Exec } from '../../system/exec.ts';
import type { Json, Undoers } from '../../system/journal.ts';
import type { KernelFiles } from '../kernel-files.ts';
import type { HostPaths } from '../paths.ts';

/** What a control may look with; looking changes nothing. */
export interface HostView {
  readonly exec: Exec;
  readonly files: KernelFiles;
  readonly paths: HostPaths;
  /** Name of our table, group and slice: several homes live side by side on one machine. */
  readonly instance: string;
}

/** For people: what changes, from what to what, and why. */
interface StepSummary {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Something whose undoing only the control knows: journalled under its own kind before the command runs. */
export interface UndoLine {
  readonly kind: string;
  readonly target: string;
  readonly before: Json;
  /** What the step makes of it, where undo has to tell that from what somebody else makes of it later. */
  readonly made?: Json;
}

/**
 * One thing that a control does, as plain data. The engine journals it, makes it and undoes it (control-steps.ts):
 * - `file` puts a file in its place; undo gives back content, mode, owner, extended attributes and times.
 * - `append` puts lines at the end of a file that is the owner's; undo takes out these lines and no others.
 * - `value` writes a file of the kernel; undo writes what it held.
 * - `run` runs a program; undo is the control's own, by the kind of the journal line.
 * - `writes` writes files of the kernel in order; undo is the control's own.
 * - `undo-last` does nothing now: its line is undone after all steps that follow it, such as a reload of what they wrote.
 * - `switch` writes a file of the kernel that can't be written back before the next boot; only as an `offer`.
 */
export type ControlStep = StepSummary &
  (
    | { readonly do: 'file'; readonly path: string; readonly content: string; readonly mode: number }
    | { readonly do: 'append'; readonly path: string; readonly text: string; readonly mode: number }
    | { readonly do: 'value'; readonly path: string; readonly value: string; readonly before: string }
    | {
        readonly do: 'run';
        readonly command: string;
        readonly args: readonly string[];
        readonly input?: string;
        /** Milliseconds, where two minutes may be too short. */
        readonly timeoutMs?: number;
        /** It makes files felt: run again when a failed run put them back. */
        readonly again?: true;
        readonly undo?: UndoLine;
      }
    | {
        readonly do: 'writes';
        readonly writes: readonly { readonly path: string; readonly value: string }[];
        readonly undo: UndoLine;
      }
    | { readonly do: 'undo-last'; readonly undo: UndoLine }
    | { readonly do: 'switch'; readonly path: string; readonly value: string; readonly undo: UndoLine }
  );

/** A step that nothing can undo before the next boot. It is made only when the owner named it: `--one-way NAME`. */
export interface OneWayStep {
  /** The control's name. */
  readonly name: string;
  readonly step: ControlStep;
  /** What the owner can't do any more until the machine is started anew. */
  readonly until: string;
  /** Without it this host may not join. */
  readonly required: boolean;
}

export interface ControlPlan<Target> {
  readonly steps: readonly ControlStep[];
  readonly offer?: OneWayStep;
  /**
   * What will hold, kept in the home as the yardstick of `check`; `undefined` when this host can't have it. It has to be
   * the same for a host that is as wanted already: then `steps` is empty and `keeps` says which journal lines stay.
   */
  readonly target?: Target;
  /** Targets of journal lines that still stand for something: all others of this control are undone. */
  readonly keeps: readonly string[];
  readonly unsupported?: string;
  /** The policy insists on it and this host can't: joining is refused with this reason. */
  readonly refused?: string;
}

/** Whether a control holds now. `reported` is for what is only looked at. */
export type ControlVerdict =
  | { readonly state: 'held' | 'reported'; readonly detail: string }
  | { readonly state: 'not-held'; readonly expected: string; readonly actual: string }
  | { readonly state: 'unsupported'; readonly detail: string };

/** What a plan is made from. */
export interface PlanInput<Config, Facts> {
  /** The control's part of the policy. */
  readonly config: Config;
  readonly facts: Facts;
  readonly paths: HostPaths;
  readonly instance: string;
  /** Files that came with the policy, by their key in the section. */
  readonly artifacts: ReadonlyMap<string, Uint8Array>;
  /** Journal lines of earlier runs, by target. */
  readonly own: ReadonlySet<string>;
  /** Names of one-way switches that the owner agreed to. */
  readonly agreed: ReadonlySet<string>;
}

/** What a control says about itself; `logos harden explain` prints it. */
export interface ControlText {
  readonly name: string;
  readonly title: string;
  /** What it means for the owner of the PC: one or two sentences. */
  readonly owner: string;
  /** What it leaves alone, and why. */
  readonly leaves: string;
}

export interface ControlSpec<Config, Facts, Target> extends ControlText {
  /** Its part of the policy: `controls.NAME`. */
  readonly schema: z.ZodType<Config>;
  /** What it keeps in the home after a run. */
  readonly target: z.ZodType<Target>;
  /** Whether its part comes from the owner, and a policy may not have one. */
  readonly byOwner?: true;
  /** Whether it is a switch that only the next boot takes back. */
  readonly oneWay?: true;
  /** Undo kinds of its own, those of its `run` steps. */
  readonly undo?: (exec: Exec, files: KernelFiles) => Undoers;
  /** Looks at the host, and changes nothing. */
  look(host: HostView, wanted: { config?: Config; target?: Target }): Promise<Facts>;
  /** Pure. */
  plan(input: PlanInput<Config, Facts>): ControlPlan<Target>;
  /** Pure. */
  check(target: Target, facts: Facts): ControlVerdict;
}

/** A control with its types kept inside: what the registry holds. */
export type Control = ControlSpec<unknown, unknown, Json>;

/** The policy is parsed by the control's own schema before `plan` sees it, and the target before `check` does. */
export function control<Config, Facts, Target extends Json>(spec: ControlSpec<Config, Facts, Target>): Control {
  return spec as unknown as Control;
}
