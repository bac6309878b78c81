import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configText, daemonSettings, driverSettings } from '../src/hypervisor/private/config.ts';
import { GUEST_USER, GUEST_USER_NAME } from '../src/hypervisor/private/layout.ts';
import type { LabMachine } from './machine.ts';

/** Where libvirt keeps disks that are its own. */
const IMAGES = '/var/lib/libvirt/images';

/** Where guests may not open a device that is there, libvirt asks QEMU again, for 48 s, whenever a guest starts. */
const OPEN_KVM = 'if [ -e /dev/kvm ]; then mknod -m 0666 /run/kvm c 10 232 && mount --bind /run/kvm /dev/kvm; fi';

/**
 * Starts libvirt's daemon where virsh looks for it, on a machine whose `/etc` and `/var` are its own. `directory`: of the test's,
 * for its log.
 */
export async function startLibvirt(machine: LabMachine, directory: string): Promise<void> {
  const settings = {
    '/etc/libvirt/libvirtd.conf': daemonSettings('6d0f2d6e-5a0b-4b0e-9a51-0e3b1f3f7c11'),
    '/etc/libvirt/qemu.conf': driverSettings(),
  };
  for (const [path, values] of Object.entries(settings)) {
    await machine.exec('tee', [path], { input: configText(values) });
  }
  // Its package would have made the user that guests run as.
  const user = `${GUEST_USER_NAME}:x:${GUEST_USER}`;
  await machine.exec('tee', ['-a', '/etc/passwd'], {
    input: `${user}:${GUEST_USER}::/nonexistent:/usr/sbin/nologin\n`,
  });
  await machine.exec('tee', ['-a', '/etc/group'], { input: `${user}:\n` });
  await machine.exec('sh', ['-c', OPEN_KVM]);
  machine.start('libvirtd', [], { output: openSync(join(directory, 'libvirtd.log'), 'a') });
  await machine.exec('sh', ['-c', 'until virsh --quiet list; do sleep 0.2; done'], { timeout: 60_000 });
}

/**
 * Writes a disk that a guest starts from, and gives its path: 512 bytes of a boot sector that says READY on the first serial
 * port, again at each tick of the clock (Intel SDM 2; the BIOS loads it to 0x7c00 and jumps there).
 */
export async function makeReadyDisk(machine: LabMachine, directory: string, name: string): Promise<string> {
  const sector = Buffer.alloc(1_048_576);
  sector.set([
    ...[0x31, 0xc0, 0x8e, 0xd8, 0xfb], // xor ax, ax; mov ds, ax; sti
    ...[0xbe, 0x20, 0x7c, 0xba, 0xf8, 0x03], // say: mov si, 0x7c20; mov dx, 0x3f8
    ...[0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8], // next: lodsb; test al, al; jz wait; out dx, al; jmp next
    ...[0xf4, 0xeb, 0xef], // wait: hlt; jmp say
  ]);
  sector.write('READY\r\n', 0x20, 'latin1');
  sector.set([0x55, 0xaa], 510);
  const file = join(directory, name);
  await writeFile(file, sector);
  await machine.exec('install', ['-D', '-m', '0600', '-o', String(GUEST_USER), file, join(IMAGES, name)]);
  return join(IMAGES, name);
}
