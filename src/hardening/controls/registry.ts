import { z } from 'zod';
import type { Exec } from '../../system/exec.ts';
import type { Undoers } from '../../system/journal.ts';
import type { KernelFiles } from '../kernel-files.ts';
import { apparmor } from './apparmor.ts';
import { DOMAINS } from './apparmor-undo.ts';
import { CORE_CONTROLS } from './core.ts';
import { cpuVulnerabilities } from './cpu-vulnerabilities.ts';
import { kexec } from './kexec.ts';
import { ksm } from './ksm.ts';
import { libvirtAccess, RESTART } from './libvirt-access.ts';
import { lockdown } from './lockdown.ts';
import { modules } from './modules.ts';
import { ptrace } from './ptrace.ts';
import { selinux } from './selinux.ts';
import { COMMITS } from './selinux-undo.ts';
import { smt } from './smt.ts';
import { swap } from './swap.ts';
import type { Control, ControlText } from './types.ts';
import { units } from './units.ts';
import { unprivilegedBpf } from './unprivileged-bpf.ts';
import { vfio } from './vfio.ts';

/** All controls that a policy can ask for under `controls`, in the order in which they are applied. */
export const CONTROLS: readonly Control[] = [
  swap,
  ksm,
  smt,
  cpuVulnerabilities,
  libvirtAccess,
  units,
  lockdown,
  kexec,
  modules,
  unprivilegedBpf,
  ptrace,
  vfio,
  apparmor,
  selinux,
];

/** The texts of every control, those that each policy has first. */
export const CONTROL_TEXTS: readonly ControlText[] = [...CORE_CONTROLS, ...CONTROLS];

/** `controls` of a policy: each part in its control's own form, none that nobody knows. */
export const controlsSchema = z
  .strictObject(
    Object.fromEntries(CONTROLS.filter(({ byOwner }) => !byOwner).map(({ name, schema }) => [name, schema.optional()])),
  )
  .transform((parts): Readonly<Record<string, unknown>> => parts);

/** Kinds of `undo-last` lines: what makes the undoing of others felt. */
export const FELT_LAST: readonly string[] = [RESTART, DOMAINS, COMMITS];

/** How the `run` and `switch` steps of all controls are undone, by kind. */
export function ownUndoers(exec: Exec, files: KernelFiles): Undoers {
  return Object.assign({}, ...CONTROLS.map(({ undo }) => undo?.(exec, files) ?? {})) as Undoers;
}
