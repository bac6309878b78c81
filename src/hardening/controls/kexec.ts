import { join } from 'node:path';
import { oneWay } from './one-way.ts';

/** kernel.kexec_load_disabled (Documentation/admin-guide/sysctl/kernel.rst). */
export const kexec = oneWay({
  name: 'kexec',
  title: 'No other kernel can be loaded over this one',
  owner:
    'Nobody, not even root, can start another kernel without the firmware. Only crash dumps (kdump) and fast reboots need that; they stop working until the next boot.',
  leaves: 'An ordinary reboot works as ever. It is asked about by itself, because only a reboot takes it back.',
  path: (paths) => join(paths.procSys, 'kernel/kexec_load_disabled'),
  value: '1',
  isOn: (text) => text === '1',
  why: 'keeps whoever became root from replacing the kernel',
  until: 'loading a kernel for kdump or a fast reboot',
});
