/**
 * Which sysctls a policy may set. A policy comes from the chain, so it must not be able to run a program, to take the
 * machine from its owner, or to leave something that can't be put back.
 */

/** Lower-case words between dots, in four namespaces. No slash and no empty word, so no name leads out of /proc/sys. */
const SYSCTL_NAME = /^(?:kernel|net|vm|fs)(?:\.[a-z0-9][a-z0-9_-]*)+$/;

/** A whole number. */
const SYSCTL_VALUE = /^\d{1,10}$/;

/** What a sysctl may be set to, and which way is the stricter one. */
interface Range {
  readonly least: number;
  readonly most: number;
  readonly stricter: 'up' | 'down';
}

const up = (least: number, most = least): Range => ({ least, most, stricter: 'up' });
const OFF: Range = { least: 0, most: 0, stricter: 'down' };

/**
 * All that a policy may set. Each only takes something from programs without rights, or from strangers on the network; none
 * starts a program, breaks a desktop, sets another one too, or stays after a restore.
 */
const ALLOWED: Readonly<Record<string, Range>> = {
  'fs.protected_fifos': up(1, 2),
  'fs.protected_hardlinks': up(1),
  'fs.protected_regular': up(1, 2),
  'fs.protected_symlinks': up(1),
  'fs.suid_dumpable': OFF,
  'kernel.dmesg_restrict': up(1),
  'kernel.kptr_restrict': up(1, 2),
  'kernel.perf_event_paranoid': up(2, 4),
  'kernel.randomize_va_space': up(2),
  'kernel.unprivileged_bpf_disabled': up(2),
  'kernel.yama.ptrace_scope': up(1, 2),
  'net.core.bpf_jit_harden': up(1, 2),
  'net.ipv4.conf.all.accept_redirects': OFF,
  'net.ipv4.conf.all.accept_source_route': OFF,
  'net.ipv4.conf.all.log_martians': up(1),
  'net.ipv4.conf.default.accept_redirects': OFF,
  'net.ipv4.conf.default.accept_source_route': OFF,
  'net.ipv4.icmp_echo_ignore_broadcasts': up(1),
  'net.ipv4.icmp_ignore_bogus_error_responses': up(1),
  'net.ipv4.tcp_rfc1337': up(1),
  'net.ipv4.tcp_syncookies': up(1),
  'net.ipv6.conf.all.accept_redirects': OFF,
  'net.ipv6.conf.all.accept_source_route': OFF,
  'net.ipv6.conf.default.accept_redirects': OFF,
  'net.ipv6.conf.default.accept_source_route': OFF,
  'vm.unprivileged_userfaultfd': OFF,
};

/** Values that lock their sysctl until the next boot (Documentation/admin-guide/sysctl/kernel.rst, LSM/Yama.rst). */
const LOCKING: Readonly<Record<string, string>> = {
  'kernel.unprivileged_bpf_disabled': '1',
  'kernel.yama.ptrace_scope': '3',
};

/** Why a policy may not set this sysctl to this value, compared so; `undefined` when it may. */
export function refusedSysctl(
  name: string,
  value: string,
  compare: 'equal' | 'at-least' | 'at-most' = 'equal',
): string | undefined {
  if (!SYSCTL_NAME.test(name)) return 'it is not a name in kernel, net, vm or fs';
  if (!SYSCTL_VALUE.test(value)) return 'its value is not a whole number';
  if (isLocked(name, value)) return `the value ${value} can’t be set back before the next boot`;
  const range = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
  if (range === undefined) return 'it is none of those that this version lets a policy set';
  const number = Number(value);
  if (number < range.least || number > range.most)
    return range.least === range.most
      ? `it may be set to ${range.least} only`
      : `it may be set to ${range.least} to ${range.most}`;
  // A host that is stricter already stays so.
  const strictest = range.stricter === 'up' ? range.most : range.least;
  const keeps = range.stricter === 'up' ? 'at-least' : 'at-most';
  return compare === keeps || (compare === 'equal' && number === strictest)
    ? undefined
    : `a stricter host has to stay as it is: compare ${keeps}`;
}

/** Whether the host holds a value that nothing can change before the next boot. */
export function isLocked(name: string, value: string): boolean {
  return LOCKING[name] === value;
}

/** The same by the sysctl's file. */
export function lockedPath(path: string, value: string): boolean {
  return Object.keys(LOCKING).some((name) => path.endsWith(`/${name.replaceAll('.', '/')}`) && isLocked(name, value));
}
