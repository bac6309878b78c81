import { join } from 'node:path';
import { LogosError } from '../../system/errors.ts';
import { readIfPresent } from '../../system/files.ts';
import type { RunCheck } from './types.ts';

export const checkCgroup: RunCheck = async ({ root }) => {
  const controllers = await readIfPresent(join(root, 'sys/fs/cgroup/cgroup.controllers'));
  if (controllers !== undefined) {
    const missing = ['cpu', 'memory'].filter((name) => !controllers.trim().split(' ').includes(name));
    return missing.length === 0
      ? { name: 'cgroup', severity: 'ok', message: 'cgroup v2' }
      : {
          name: 'cgroup',
          severity: 'error',
          message: `cgroup v2 without the controller ${missing.join(' and ')}: the owner's share can't be kept`,
          hint: 'Start the kernel with cgroup_enable=memory, or leave the container that hides them.',
        };
  }
  const mounts = (await readIfPresent(join(root, 'proc/self/mounts'))) ?? '';
  const options = mounts.split('\n').flatMap((line) => {
    const [, , type, flags] = line.split(' ');
    return type === 'cgroup' && flags ? flags.split(',') : [];
  });
  if (['cpu', 'memory'].every((name) => options.includes(name))) {
    return { name: 'cgroup', severity: 'ok', message: 'cgroup v1 (cpu, memory): its controllers are used' };
  }
  return {
    name: 'cgroup',
    severity: 'error',
    message: "no control groups are mounted: the owner's share can't be kept",
    hint: 'Mount cgroup2 on /sys/fs/cgroup.',
  };
};

/** Mandatory access control modules, by the names of /sys/kernel/security/lsm. */
const MANDATORY = ['apparmor', 'selinux'];

/** What the kernel can enforce; a lack is reported here and on chain, never passed over. */
export const checkKernel: RunCheck = async ({ root, exec, uid }) => {
  const lsm = ((await readIfPresent(join(root, 'sys/kernel/security/lsm'))) ?? '').trim().split(',').filter(Boolean);
  const seccomp = /^Seccomp:/m.test((await readIfPresent(join(root, 'proc/self/status'))) ?? '');
  const nftables = uid === 0 ? await listsTables(exec) : undefined;
  const lacks = [
    ...(lsm.some((name) => MANDATORY.includes(name)) ? [] : ['mandatory access control (AppArmor or SELinux)']),
    ...(seccomp ? [] : ['seccomp']),
    ...(nftables === false ? ['nftables'] : []),
  ];
  const has = `security modules: ${lsm.join(', ') || 'none shown'}`;
  if (lacks.length === 0) return { name: 'kernel', severity: 'ok', message: has };
  return {
    name: 'kernel',
    severity: 'warning',
    message: `the kernel has no ${lacks.join(', no ')} (${has}): guests are isolated by less, and the region is told so`,
    hint: "Use Debian's own kernel, started with its default security modules.",
  };
};

/** Whether the kernel answers nft; `undefined` where the program is not there to ask (the package check says so). */
async function listsTables(exec: Parameters<RunCheck>[0]['exec']): Promise<boolean | undefined> {
  try {
    await exec('nft', ['list', 'tables'], { timeout: 5_000 });
    return true;
  } catch (error) {
    if (!(error instanceof LogosError)) throw error;
    return error.code === 'command-missing' ? undefined : false;
  }
}
