import type { Deviation } from '../verify.ts';
import type { ControlText } from './types.ts';

/** A control that every policy has, planned and checked by files of its own: only its words are here. */
interface CoreControl extends ControlText {
  /** Deviations that are its own. */
  readonly codes: readonly Deviation['code'][];
  /** How the names of what this host can't do begin. */
  readonly features: readonly string[];
}

export const CORE_CONTROLS: readonly CoreControl[] = [
  {
    name: 'limits',
    title: 'The owner’s share of CPU, memory, processes and disk time',
    owner:
      'Guests together get no more than you lend, and less weight than your own programs; what you kept is yours at every moment.',
    leaves:
      'Your containers, sessions and services keep their own groups: only a group of our own is made, and only it is limited.',
    codes: ['cgroup-missing', 'cgroup-limit-changed', 'limit-not-enforced', 'unit-changed'],
    features: ['cgroup'],
  },
  {
    name: 'firewall',
    title: 'A firewall for guests',
    owner:
      'Guests reach neither this machine nor your home network, and nobody reaches them unasked. One table of our own, of which each rule names a guest’s interface.',
    leaves:
      'Your own tables, Docker’s and libvirt’s rules, IPv6 and forwarding stay as they are: no rule of ours can concern your traffic.',
    codes: ['firewall-missing', 'firewall-changed'],
    features: ['firewall'],
  },
  {
    name: 'sysctls',
    title: 'Settings of the kernel',
    owner:
      'Kernel addresses, logs and performance counters are for root, and link tricks in shared directories fail. Debuggers work on programs that they start; where you were stricter, that stays.',
    leaves:
      'Forwarding and user namespaces (containers, browsers, snaps), IPv6, unprivileged ping and module loading (UEFI’s vfat, USB) are not touched.',
    codes: ['sysctl-changed'],
    features: ['sysctl'],
  },
];
