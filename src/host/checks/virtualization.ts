import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere, readIfPresent } from '../../system/files.ts';
import { hasSystemd } from './system.ts';
import type { Check, CheckContext, RunCheck } from './types.ts';

/** The user that the system's libvirt runs QEMU as (Debian). */
const QEMU_USER = 'libvirt-qemu';
const KVM_GROUP = 'kvm';
const NAME = 'virtualization';

/**
 * The device file proves nothing about speed (`findPath` measures that); what is looked for here is what makes libvirt
 * fail or crawl. Where the system's libvirt can't open /dev/kvm as its own user, it probes QEMU anew for each guest and
 * takes about 48 s instead of 0.4 s.
 */
export const checkVirtualization: RunCheck = async (context) => {
  const device = join(context.root, 'dev/kvm');
  if (!(await isThere(device))) {
    const extension = /\b(svm|vmx)\b/.exec((await readIfPresent(join(context.root, 'proc/cpuinfo'))) ?? '')?.[1];
    const why = extension
      ? `the processor has ${extension}, but KVM is not loaded`
      : 'the processor shows no extension for it';
    return {
      name: NAME,
      severity: 'warning',
      message: `no /dev/kvm (${why}): guests are emulated, about ten times slower`,
      hint: 'Turn on AMD-V or VT-x in the firmware, or nested virtualization on the host of this guest.',
    };
  }
  if (!(await opens(device))) {
    return context.uid === 0
      ? { name: NAME, severity: 'warning', message: "/dev/kvm is there and can't be opened: guests are emulated" }
      : { name: NAME, severity: 'ok', message: '/dev/kvm is there; opening it needs root' };
  }
  return (
    (await blockedForLibvirt(context, device)) ?? { name: NAME, severity: 'ok', message: '/dev/kvm can be opened' }
  );
};

/** Only the system's libvirt runs QEMU as another user; our own one, used where systemd is not, runs it as root. */
async function blockedForLibvirt(context: CheckContext, device: string): Promise<Check | undefined> {
  if (context.uid !== 0 || !(await hasSystemd(context))) return undefined;
  const user = (await context.exec('getent', ['passwd', QEMU_USER], { accept: [0, 2] })).stdout;
  if (user === '') return undefined;
  const groups = (await context.exec('id', ['-G', QEMU_USER])).stdout.trim().split(' ').map(Number);
  if (canOpen(await stat(device), { uid: Number(user.split(':')[2]), groups })) return undefined;
  return {
    name: NAME,
    severity: 'warning',
    message: `${QEMU_USER} can't open /dev/kvm: libvirt would take a minute for each guest`,
    fix: { description: `let the group ${KVM_GROUP} open /dev/kvm`, device: { path: device, group: KVM_GROUP } },
  };
}

/** The mode bits that apply to a user who is not root: the owner's, else the group's, else everybody's (path_resolution(7)). */
export function canOpen(
  file: { mode: number; uid: number; gid: number },
  user: { uid: number; groups: readonly number[] },
): boolean {
  const shift = file.uid === user.uid ? 6 : user.groups.includes(file.gid) ? 3 : 0;
  return ((file.mode >> shift) & 0o6) === 0o6;
}

async function opens(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r+')).close();
    return true;
  } catch {
    return false;
  }
}
