import { GUEST_USER } from './layout.ts';

type Setting = string | number | readonly string[];

/** libvirt's configuration files are `name = value` lines; strings in them have no escapes, so quotes can't be written. */
export function configText(settings: Readonly<Record<string, Setting>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${settingText(value)}\n`)
    .join('');
}

function settingText(value: Setting): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `"${value}"`;
  return `[ ${value.map((item) => `"${item}"`).join(', ')} ]`;
}

/** libvirtd.conf: only root on this machine may connect, and only through the socket in our directory. */
export function daemonSettings(hostUuid: string): Readonly<Record<string, Setting>> {
  return {
    listen_tls: 0,
    listen_tcp: 0,
    auth_unix_ro: 'none',
    auth_unix_rw: 'none',
    unix_sock_ro_perms: '0700',
    unix_sock_rw_perms: '0700',
    unix_sock_admin_perms: '0700',
    // The machine's own UUID is often missing or shared in virtual machines, and is what migration tells hosts apart by.
    host_uuid: hostUuid,
    log_level: 3,
    log_outputs: '3:stderr',
  };
}

/** qemu.conf: for a machine where neither systemd nor a security module works for us; the host policy sets the limits. */
export function driverSettings(): Readonly<Record<string, Setting>> {
  return {
    // Numbers with a plus need no entry in /etc/passwd.
    user: `+${GUEST_USER}`,
    group: `+${GUEST_USER}`,
    // Images are shared, read-only and readable already; changing their owner would break a second instance.
    dynamic_ownership: 0,
    remember_owner: 0,
    security_driver: 'none',
    // The whole daemon has its own mount namespace; cgroups are set on it by the host policy and inherited.
    namespaces: [],
    cgroup_controllers: [],
    // Without virtlogd QEMU writes its log itself.
    stdio_handler: 'file',
    seccomp_sandbox: 1,
    auto_dump_bypass_cache: 0,
    max_core: 0,
  };
}
