import { join } from 'node:path';
import { oneWay } from './one-way.ts';

/** kernel.modules_disabled (Documentation/admin-guide/sysctl/kernel.rst). */
export const modules = oneWay({
  name: 'modules',
  title: 'No more kernel modules',
  owner:
    'The kernel takes no new module until the next boot: a device or file system whose driver is not loaded yet, such as a first USB stick with vfat, will not work. For machines that only lend; few owners of a desktop want it.',
  leaves: 'What is loaded stays. It is asked about by itself, because only a reboot takes it back.',
  path: (paths) => join(paths.procSys, 'kernel/modules_disabled'),
  value: '1',
  isOn: (text) => text === '1',
  why: 'keeps whoever became root from putting code into the kernel',
  until: 'using a device or file system whose driver is not loaded yet',
});
