import { readApplied } from '../../hardening/index.ts';
import { connectLibvirt, planLibvirtd, prepareGuestImage } from '../../hypervisor/index.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import type { Undoers } from '../../system/journal.ts';
import type { Session } from './session.ts';

/**
 * libvirtd asks every QEMU what it can do when it starts for the first time, which takes seconds: done before anything is
 * measured, so that it neither disturbs the benchmark nor counts as the time that a path takes. What fails here fails
 * again, with its reason, in step `path`.
 */
export async function warmUpHypervisor(session: Session): Promise<void> {
  const { home, exec, progress, signal, config } = session;
  if (config.refuse?.includes('kvm') && config.refuse.includes('qemu')) return;
  progress({ event: 'note', phase: 'preflight', message: 'getting libvirt and a guest image ready' });
  try {
    await ensureLibvirtd(session);
    await prepareGuestImage(home, exec, progress);
    const { endpoint } = await planLibvirtd(home);
    const libvirt = await connectLibvirt(endpoint, { waitMs: 10_000, signal });
    await libvirt.capabilities().finally(() => libvirt.close());
  } catch (thrown) {
    signal.throwIfAborted();
    progress({ event: 'note', phase: 'preflight', message: toLogosError(thrown).message });
  }
}

/** Keeps libvirtd running: ours as a service, the system's as its owner has it. Once the policy is applied, it and its guests live in the owner's limits. */
export async function ensureLibvirtd(session: Session): Promise<void> {
  const plan = await planLibvirtd(session.home);
  if (plan.kind === 'system') return startSystemLibvirtd(plan.unit, session);
  await plan.prepare(session.journal);
  await session.manager.ensure({
    name: 'libvirtd',
    description: 'libvirt for guests of Logos',
    command: plan.command,
    env: session.environment,
    cgroupProcs: (await readApplied(session.home))?.cgroupProcs,
  });
}

/** Debian's package enables it, but we install it without starting anything. */
async function startSystemLibvirtd(unit: string, { exec, journal }: Session): Promise<void> {
  const { exitCode } = await exec('systemctl', ['is-active', '--quiet', unit], { accept: [0, 1, 2, 3, 4] });
  if (exitCode === 0) return;
  await journal.record({ kind: 'unit-started', target: unit, before: null });
  await exec('systemctl', ['start', unit]);
}

/** Stops the system's libvirtd where we started it. */
export function libvirtdUndoers(exec: Exec): Undoers {
  return {
    'unit-started': async ({ target }) => {
      // 5 is "not loaded": its package is gone already.
      await exec('systemctl', ['stop', target], { accept: [0, 5] });
    },
  };
}
