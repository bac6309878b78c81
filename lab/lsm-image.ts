import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localExec } from '../src/system/exec.ts';
import { cached, cachedPath, makeDebianRoot, makeDisk, takeKernel } from './debian-root.ts';

export type SecurityModule = 'apparmor' | 'selinux';

const PACKAGES = [
  'linux-image-amd64',
  'systemd-sysv',
  'dbus',
  'kmod',
  'iproute2',
  'nftables',
  'auditd',
  'libvirt-daemon-system',
  'libvirt-clients',
  'procps',
  'qemu-system-x86',
];
const OF_MODULE: Record<SecurityModule, readonly string[]> = {
  apparmor: ['apparmor'],
  selinux: ['selinux-policy-default', 'policycoreutils', 'selinux-utils', 'libselinux1'],
};
/** What a machine of one script has no use for, and what it would wait for. */
const MASKED = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty@tty1.service',
  'serial-getty@ttyS0.service',
  'libvirt-guests.service',
  'libvirtd-tls.socket',
  'systemd-timesyncd.service',
  'systemd-pstore.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-networkd-wait-online.service',
  'systemd-udev-settle.service',
  'dev-hugepages.mount',
  'sys-kernel-tracing.mount',
  'sys-fs-fuse-connections.mount',
];
/** Its output is the second serial line, so that no message of the kernel runs into it. */
const UNIT = `[Unit]
After=dbus.service auditd.service apparmor.service libvirtd.socket virtlogd.socket
Wants=auditd.service libvirtd.socket virtlogd.socket

[Service]
Type=oneshot
ExecStart=/bin/sh /usr/local/sbin/lab-start
StandardOutput=file:/dev/ttyS1
StandardError=inherit
`;
/** Only the lab's own context lets its script act in a domain's place; a machine of an owner has no such rule. */
const SELINUX_CONTEXT = 'SELinuxContext=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\n';
const LAB_MODULE = `(typeattributeset cil_gen_require svirt_t)
(typeattributeset cil_gen_require unconfined_t)
(typeattributeset cil_gen_require init_t)
(roleattributeset cil_gen_require unconfined_r)
(roletype unconfined_r svirt_t)
(allow unconfined_t svirt_t (process (transition dyntransition)))
(allow unconfined_t self (process (execmem)))
(allow init_t unconfined_t (process (transition)))
`;
/**
 * Modules of Debian's policy that stay. The others are for programs that are not there, and each change of the policy compiles
 * every module anew: with these few it takes a third of the time, which in emulation is a minute.
 */
const POLICY_MODULES = [
  ...[
    'apt',
    'auditadm',
    'automount',
    'base',
    'bootloader',
    'clock',
    'colord',
    'dnsmasq',
    'dpkg',
    'getty',
    'gnome',
    'gpg',
  ],
  ...[
    'hostname',
    'ipsec',
    'iptables',
    'logadm',
    'lvm',
    'mta',
    'netutils',
    'policykit',
    'pulseaudio',
    'qemu',
    'raid',
    'rpc',
  ],
  ...['rtkit', 'secadm', 'setrans', 'ssh', 'staff', 'su', 'sudo', 'unconfined', 'unprivuser', 'virt', 'wm'],
  ...['xdg', 'xen', 'xserver'],
];
const START = `modprobe 9pnet_virtio; modprobe 9p
mkdir -p /start
mount -t 9p -o trans=virtio,ro,version=9p2000.L start /start
. /start/run
`;
const WANTED = 'etc/systemd/system/multi-user.target.wants';

/** A Debian that boots with one security module, as a directory with `vmlinuz`, `initrd` and `root.ext4`; made once. Needs root. */
export async function lsmImage(module: SecurityModule): Promise<string> {
  return cached(lsmImagePath(module), async (building) => {
    const packages = packagesOf(module);
    const root = join(building, 'root');
    await makeDebianRoot({ suite: 'bookworm', packages, masked: MASKED, lean: true }, root, 900_000);
    await writeFile(join(root, 'etc/machine-id'), '00000000000000000000000000000a01\n');
    await writeFile(join(root, 'etc/hostname'), 'guest\n');
    await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost guest\n');
    await writeFile(join(root, 'etc/fstab'), '');
    await writeFile(join(root, 'usr/local/sbin/lab-start'), START);
    await writeFile(join(root, 'etc/systemd/system/lab.service'), module === 'selinux' ? UNIT + SELINUX_CONTEXT : UNIT);
    await mkdir(join(root, WANTED), { recursive: true });
    await localExec('ln', ['-sf', '/etc/systemd/system/lab.service', join(root, WANTED, 'lab.service')]);
    for (const name of ['libvirtd.service', 'nftables.service']) await rm(join(root, WANTED, name), { force: true });
    await smallInitrd(root);
    await takeKernel(root, building);
    if (module === 'selinux') await prepareSelinux(root);
    await makeDisk(root, join(building, 'root.ext4'), '2000M');
    await rm(root, { recursive: true, force: true });
  });
}

/** An emulated machine unpacks what it boots from; it needs three drivers, not all of Debian's. */
async function smallInitrd(root: string): Promise<void> {
  await writeFile(join(root, 'etc/initramfs-tools/conf.d/lab'), 'MODULES=list\nCOMPRESS=gzip\n');
  await writeFile(join(root, 'etc/initramfs-tools/modules'), 'virtio_pci\nvirtio_blk\next4\n');
  await localExec('chroot', [root, 'update-initramfs', '-u'], { timeout: 300_000 });
}

/** Where the image is or will be: named by the hash of what it is made from. */
export function lsmImagePath(module: SecurityModule): string {
  const ofSelinux = module === 'selinux' ? [SELINUX_CONTEXT, LAB_MODULE, POLICY_MODULES] : [];
  return cachedPath(`lsm-${module}`, ['bookworm', packagesOf(module), MASKED, UNIT, START, ...ofSelinux]);
}

function packagesOf(module: SecurityModule): string[] {
  return [...PACKAGES, ...OF_MODULE[module]];
}

/** The lab's own rules, and a label on every file: at build, where it takes seconds. */
async function prepareSelinux(root: string): Promise<void> {
  await writeFile(join(root, 'root/lab.cil'), LAB_MODULE);
  const config = join(root, 'etc/selinux/config');
  await writeFile(config, (await readFile(config, 'utf8')).replace(/^SELINUX=.*$/m, 'SELINUX=enforcing'));
  await localExec('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  try {
    const modules = await readdir(join(root, 'var/lib/selinux/default/active/modules/100'));
    const unused = modules.filter((name) => !POLICY_MODULES.includes(name)).flatMap((name) => ['-d', name]);
    await localExec('chroot', [root, 'semodule', '-n', ...unused, '-i', '/root/lab.cil'], { timeout: 300_000 });
    const contexts = '/etc/selinux/default/contexts/files/file_contexts';
    await localExec('chroot', [root, 'setfiles', '-F', contexts, '/'], { timeout: 300_000, accept: [0, 1] });
  } finally {
    await localExec('umount', [join(root, 'proc')]);
  }
  await chmod(join(root, 'root'), 0o700);
}
