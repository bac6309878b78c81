import { statfs } from 'node:fs/promises';
import { machine } from 'node:os';
import { dirname, join } from 'node:path';
import { isErrno, readIfPresent } from '../../system/files.ts';
import { parseOsRelease } from '../inventory/os-release.ts';
import type { CheckContext, RunCheck } from './types.ts';

const SUPPORTED = ['12', '13'];

export const checkOs: RunCheck = async ({ root }) => {
  const os = parseOsRelease((await readIfPresent(join(root, 'etc/os-release'))) ?? '');
  const architecture = machine();
  const hint = 'Use Debian 12 or 13 on x86-64.';
  if (architecture !== 'x86_64') {
    return { name: 'os', severity: 'error', message: `${os.name} on ${architecture}: only x86-64 is supported`, hint };
  }
  if (os.id === 'debian' && SUPPORTED.includes(os.version)) return { name: 'os', severity: 'ok', message: os.name };
  if (os.id === 'debian' || os.like.includes('debian')) {
    return { name: 'os', severity: 'warning', message: `${os.name} is not one that logos is tested on`, hint };
  }
  return { name: 'os', severity: 'error', message: `${os.name} has no Debian packages`, hint };
};

export const checkPrivileges: RunCheck = async ({ uid }) =>
  uid === 0
    ? { name: 'privileges', severity: 'ok', message: 'root' }
    : {
        name: 'privileges',
        severity: 'error',
        message: 'not root: packages, limits, firewall and guests need it',
        hint: 'Run the command with sudo.',
      };

/** MiB under LOGOS_HOME: kernel, images, chain and logs fit into the first; guests' disks want the second. */
const DISK_MIB = { error: 2_048, warning: 10_240 } as const;

export const checkDisk: RunCheck = async ({ home }) => {
  const freeMiB = await freeMiBAt(home.root);
  const message = `${freeMiB} MiB free under ${home.root}`;
  const hint = 'Free some space, or point LOGOS_HOME at a larger disk.';
  if (freeMiB < DISK_MIB.error) {
    return { name: 'disk', severity: 'error', message: `${message}; at least ${DISK_MIB.error} are needed`, hint };
  }
  if (freeMiB < DISK_MIB.warning) {
    return {
      name: 'disk',
      severity: 'warning',
      message: `${message}; ${DISK_MIB.warning} leave room for guests`,
      hint,
    };
  }
  return { name: 'disk', severity: 'ok', message };
};

/** Free MiB where `path` is or, while it is not there, would be made. */
export async function freeMiBAt(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return Math.floor((bavail * bsize) / 2 ** 20);
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || path === dirname(path)) throw error;
    return freeMiBAt(dirname(path));
  }
}

export async function hasSystemd({ root }: Pick<CheckContext, 'root'>): Promise<boolean> {
  // sd_booted(3): the directory, not the program, says that it is the init.
  return statfs(join(root, 'run/systemd/system')).then(
    () => true,
    () => false,
  );
}
