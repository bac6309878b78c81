import { join } from 'node:path';
import { oneWay } from './one-way.ts';

/** Kernel lockdown: kernel_lockdown(7). `none [integrity] confidentiality` marks what holds. */
export const lockdown = oneWay({
  name: 'lockdown',
  title: 'The kernel is closed to root (lockdown, integrity)',
  owner:
    'Even root can’t write the kernel’s memory or load unsigned modules, until the next boot. Drivers built on the machine itself (NVIDIA by DKMS without a signing key) and hibernation stop working.',
  leaves:
    'Debuggers of programs and signed modules work on; `confidentiality` is not used, since it takes perf and BPF tracing from you. It is asked about by itself.',
  path: (paths) => join(paths.securityFs, 'lockdown'),
  value: 'integrity',
  shown: (text) => /\[(\w+)\]/.exec(text)?.[1] ?? text,
  isOn: (text) => /\[(integrity|confidentiality)\]/.test(text),
  why: 'keeps whoever became root out of the kernel',
  until: 'loading unsigned modules, hibernating, writing kernel memory',
});
