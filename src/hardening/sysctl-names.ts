/**
 * Which sysctls a policy may set. A policy comes from the chain, so it must not be able to run a program, to take the
 * machine from its owner, or to leave something that can't be put back.
 */

/** Lower-case words between dots, in four namespaces. No slash and no empty word, so no name leads out of /proc/sys. */
export const SYSCTL_NAME = /^(?:kernel|net|vm|fs)(?:\.[a-z0-9][a-z0-9_-]*)+$/;

/** Whole numbers only: no setting that takes a path or a command can be given a meaningful value. */
export const SYSCTL_VALUE = /^-?\d{1,10}(?: -?\d{1,10}){0,3}$/;

const REFUSED: readonly { pattern: RegExp; reason: string }[] = [
  {
    pattern:
      /^(?:kernel\.(?:core_pattern|modprobe|hotplug|poweroff_cmd|usermodehelper\..*|firmware_config\..*)|fs\.binfmt_misc\..*)$/,
    reason: 'it makes the kernel start programs',
  },
  {
    pattern:
      /^(?:kernel\.(?:kexec_load_disabled|kexec_load_limit_.*|modules_disabled|ns_last_pid|random\..*)|vm\.(?:drop_caches|compact_memory|stat_refresh)|net\.ipv[46]\.route\.flush)$/,
    reason: 'it can’t be set back before the next boot',
  },
  {
    pattern:
      /^(?:net\.ipv4\.ip_forward(?:_use_pmtu)?|net\.ipv[46]\.conf\.[^.]+\.(?:forwarding|mc_forwarding|force_forwarding|disable_ipv6|addr_gen_mode|disable_policy|ignore_routes_with_linkdown|proxy_ndp)|vm\.(?:dirty|dirty_background)_(?:ratio|bytes)|vm\.overcommit_(?:ratio|kbytes))$/,
    reason: 'setting it changes other settings too, which could not be put back exactly',
  },
  {
    pattern:
      /^(?:kernel\.(?:pid_max|threads-max|panic.*|sched_rt_.*|sysrq|softlockup_panic|hung_task_panic|hardlockup_panic)|vm\.(?:min_free_kbytes|nr_.*hugepages.*|panic_on_oom|max_map_count|overcommit_memory|lowmem_reserve_ratio|admin_reserve_kbytes|user_reserve_kbytes)|fs\.(?:file-max|nr_open|inotify\..*))$/,
    reason: 'a wrong value takes the machine from its owner',
  },
];

/** Values that lock their sysctl until the next boot (Documentation/admin-guide/sysctl/kernel.rst, LSM/Yama.rst). */
const LOCKING: Readonly<Record<string, string>> = {
  'kernel.unprivileged_bpf_disabled': '1',
  'kernel.yama.ptrace_scope': '3',
};

/** Why a policy may not set this sysctl to this value; `undefined` when it may. */
export function refusedSysctl(name: string, value: string): string | undefined {
  if (!SYSCTL_NAME.test(name)) return 'it is not a name in kernel, net, vm or fs';
  if (!SYSCTL_VALUE.test(value)) return 'its value is not made of whole numbers';
  if (isLocked(name, value)) return `the value ${value} can’t be set back before the next boot`;
  return REFUSED.find(({ pattern }) => pattern.test(name))?.reason;
}

/** Whether the host holds a value that nothing can change before the next boot. */
export function isLocked(name: string, value: string): boolean {
  return LOCKING[name] === value;
}
