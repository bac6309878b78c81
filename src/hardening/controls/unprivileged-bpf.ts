import { join } from 'node:path';
import { oneWay } from './one-way.ts';

/** kernel.unprivileged_bpf_disabled: 2 can be taken back, 1 can't (Documentation/admin-guide/sysctl/kernel.rst). */
export const unprivilegedBpf = oneWay({
  name: 'unprivileged-bpf',
  title: 'eBPF is for root, for good',
  owner:
    'Ordinary users can’t load eBPF programs until the next boot. The ordinary policy sets 2, which says the same and can be taken back; this is for who fears root itself changing its mind.',
  leaves: 'Root’s tools (bpftrace, systemd, container runtimes) work on. It is asked about by itself.',
  path: (paths) => join(paths.procSys, 'kernel/unprivileged_bpf_disabled'),
  value: '1',
  isOn: (text) => text === '1',
  why: 'takes eBPF from unprivileged users until the next boot',
  until: 'giving eBPF back to ordinary users',
});
