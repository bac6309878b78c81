import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Debian packages that the tests use, each with its purpose. The chain's compilers are not here: tools/chain/toolchain.mjs
 * installs them when something must be built.
 */
export const TEST_PACKAGES = {
  'qemu-system-x86': 'guests',
  'qemu-utils': "guests' disks",
  e2fsprogs: 'a small file system that is filled',
  'libvirt-daemon': 'guests',
  'libvirt-daemon-driver-qemu': 'guests',
  'busybox-static': 'the first file system of guests',
  cpio: 'reading that file system back',
  bubblewrap: 'sandboxes of native tools',
  nftables: 'firewall tests',
  fio: 'disk benchmark',
  iproute2: 'network namespaces',
  procps: 'sysctl',
  kmod: 'listing kernel modules',
  'systemd-container': 'a host with systemd as process 1',
  mmdebstrap: 'the root of that host',
  'python3-pip': 'the OpenStack client',
  python3: 'system calls of those who try to get past the guard',
  tmux: 'terminals of a given size for the dashboard',
  binutils: 'stripping the binary',
  libfaketime: 'a node whose clock is wrong',
  'ansible-core': 'playbooks run for real',
  openssl: 'certificates of hosts that move DVMs',
  'openssh-server': 'hosts that playbooks reach',
  'openssh-client': 'the way to them',
  'libvirt-clients': 'virsh run for real',
  containerd: 'what kubeadm asks for on a host',
  'ocl-icd-libopencl1': 'the OpenCL loader',
  'pocl-opencl-icd': 'a compute device made of the processor',
  clpeak: 'what compute devices reach, beside our figures',
  'ca-certificates': 'package downloads',
};

const POLICY = '/usr/sbin/policy-rc.d';

/** Which of the packages are not installed. */
export function missingPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own format language
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const installed = new Set(
    (stdout ?? '')
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** Installs packages without asking and without starting any service. Gives what could not be installed and why. */
export function installPackages(names) {
  const missing = missingPackages(names);
  if (missing.length === 0) return undefined;
  if (process.getuid() !== 0) return `not root; missing: ${missing.join(' ')}`;
  // invoke-rc.d(8) asks this program, and 101 means: start nothing.
  const held = !existsSync(POLICY);
  if (held) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const apt = (...args) =>
      spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=600', ...args], {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status;
    if (apt('update') !== 0) return 'apt-get update failed';
    return apt('install', '-y', '--no-install-recommends', ...missing) === 0 ? undefined : 'apt-get install failed';
  } finally {
    if (held) rmSync(POLICY, { force: true });
  }
}
