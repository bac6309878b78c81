import { join } from 'node:path';
import { oneWay } from './one-way.ts';

/** kernel.yama.ptrace_scope=3 (Documentation/admin-guide/LSM/Yama.rst). */
export const ptrace = oneWay({
  name: 'ptrace',
  title: 'No process looks into another one',
  owner:
    'No debugger can attach to a running program, not even as root, until the next boot. The ordinary policy sets 1, with which debuggers work on what they start.',
  leaves: 'Reading /proc works on. It is asked about by itself, because only a reboot takes it back.',
  path: (paths) => join(paths.procSys, 'kernel/yama/ptrace_scope'),
  value: '3',
  isOn: (text) => text === '3',
  why: 'keeps an escaped guest from reading other programs’ memory',
  until: 'attaching a debugger to anything',
});
