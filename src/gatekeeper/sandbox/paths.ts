/** Directories below which a library may name places to write; each such place lies at least one step deeper. */
const WRITABLE = ['/etc', '/opt', '/srv', '/var/lib', '/var/log'];

/**
 * Places whose files other programs run, load or trust, or that hold this program's own: none of them, nothing below them and
 * nothing above them is written.
 */
const TRUSTED = [
  ...[
    'NetworkManager',
    'X11',
    'acpi',
    'alternatives',
    'apparmor',
    'apparmor.d',
    'apt',
    'bash_completion.d',
    'binfmt.d',
    'ca-certificates',
    'cloud',
    'cni',
    'containerd',
    'crio',
    'cron.d',
    'cron.daily',
    'cron.hourly',
    'cron.monthly',
    'cron.weekly',
    'cron.yearly',
    'dbus-1',
    'default',
    'dhcp',
    'docker',
    'dpkg',
    'environment.d',
    'fail2ban',
    'grub.d',
    'ifplugd',
    'init.d',
    'initramfs-tools',
    'kernel',
    'ld.so.conf.d',
    'libvirt',
    'logos',
    'logrotate.d',
    'lvm',
    'modprobe.d',
    'modules-load.d',
    'needrestart',
    'network',
    'networkd-dispatcher',
    'pam.d',
    'perl',
    'pki',
    'polkit-1',
    'ppp',
    'profile.d',
    'python3',
    'rc.d',
    'rc0.d',
    'rc1.d',
    'rc2.d',
    'rc3.d',
    'rc4.d',
    'rc5.d',
    'rc6.d',
    'rcS.d',
    'request-key.d',
    'resolvconf',
    'rsyslog.d',
    'security',
    'selinux',
    'skel',
    'ssh',
    'ssl',
    'sudoers.d',
    'sysconfig',
    'sysctl.d',
    'systemd',
    'tmpfiles.d',
    'udev',
    'ufw',
    'update-motd.d',
    'wireguard',
    'xdg',
    'yum.repos.d',
  ].map((name) => `/etc/${name}`),
  ...[
    'NetworkManager',
    'apt',
    'cloud',
    'dbus',
    'dkms',
    'dpkg',
    'initramfs-tools',
    'libvirt',
    'logos',
    'pam',
    'polkit-1',
    'shells',
    'snapd',
    'sudo',
    'systemd',
    'ucf',
    'update-rc.d',
  ].map((name) => `/var/lib/${name}`),
  '/opt/cni',
  ...['journal', 'audit', 'wtmp', 'btmp', 'lastlog'].map((name) => `/var/log/${name}`),
];

/** What the sandbox makes for itself, or keeps from every tool. */
const CLOSED = ['/proc', '/dev', '/run', '/tmp', '/var/tmp', '/root', '/home', '/boot', '/var/lib/logos', '/var/spool'];

/** Keys and passwords of the host: no library has them read. */
const SECRET = [
  ...['shadow', 'shadow-', 'gshadow', 'gshadow-', 'sudoers', 'sudoers.d', 'ssh', 'security'].map((it) => `/etc/${it}`),
  '/etc/ssl/private',
  '/var/lib/systemd',
];

/** Files in a home directory that tell programs what to run. */
const RUNS = ['.ssh/rc', '.ssh/config', '.ssh/environment', '.ssh/authorized_keys', '.profile', '.bashrc'];

/** Whether `path` is `other` or lies below it. */
export function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(other === '/' ? '/' : `${other}/`);
}

/** Whether one of two paths contains the other. */
export function overlap(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

/** Whether a library may have this directory of the host written. */
export function isWritable(path: string): boolean {
  return (
    WRITABLE.some((parent) => path !== parent && isWithin(path, parent)) &&
    ![...TRUSTED, ...CLOSED].some((place) => overlap(path, place))
  );
}

/** What a library may need, and a deployment besides it may not: a node's own pods and keys, and where programs are kept. */
const TOOLS_OWN = [
  '/etc/kubernetes',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/etcd',
  '/var/lib/kubelet',
  '/opt',
];

/** Whether a deployment may have this directory of the host written, besides those of its libraries. */
export function isWritableByDeployment(path: string): boolean {
  return isWritable(path) && !TOOLS_OWN.some((place) => overlap(path, place));
}

/** Whether a library may have this path of the host read. */
export function isReadable(path: string): boolean {
  return path !== '/etc' && path !== '/var' && ![...CLOSED, ...SECRET].some((place) => overlap(path, place));
}

/** Whether a library may name a socket here. Who may speak to a container engine's socket can become root by it: libraries are judged by people. */
export function isSocketPath(path: string): boolean {
  return path !== '/run' && isWithin(path, '/run') && !isWithin(path, '/run/logos');
}

/** Whether a credential may be shown there, below the work directory. */
export function isCredentialPath(path: string): boolean {
  return !RUNS.some((place) => overlap(path, place));
}
