import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { guestLacks, runInGuest } from '../../lab/guest.ts';
import { startLibvirtLab } from '../../lab/libvirt.ts';
import { USABLE_KVM_RATE } from '../../src/host/index.ts';
import { prepareGuestImage } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';

// The lab's machines may have KVM that cannot boot a kernel; a guest whose KVM works shows the other answer.
test('a machine whose KVM works gets the path kvm', { timeout: 1_800_000 }, async (context) => {
  const lacks = await guestLacks();
  if (lacks) return context.skip(`needs ${lacks}`);
  const lab = await startLibvirtLab();
  try {
    const { kernel } = await prepareGuestImage(lab.home, localExec);
    const printed = await runInGuest({
      script: 'lab/guest-scripts/find-path.ts',
      mounts: { '/images': dirname(kernel) },
    });
    const { verdict, answers } = JSON.parse(printed.split('\n').find((line) => line.startsWith('{')) ?? '{}');
    console.log(printed.trim());
    expect(answers.kvm).toMatchObject({ device: 'open', apiVersion: 12, vmCreated: true });
    expect(answers.kvm.rate).toBeGreaterThan(USABLE_KVM_RATE);
    expect(answers.kvmBoot).toMatchObject({ ok: true, line: expect.stringContaining('LOGOS-DVM-READY') });
    expect(verdict).toMatchObject({ path: 'kvm', rejected: [] });
  } finally {
    await lab.close();
  }
});
