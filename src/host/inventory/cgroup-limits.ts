import { join } from 'node:path';
import { readIfPresent } from '../../system/files.ts';

/** What this process's control groups allow; `null` is no limit. */
export interface CgroupLimits {
  cpus: number | null;
  memoryMiB: number | null;
}

/**
 * The tightest limit on the way from this process's group to the root (cgroups(7)), v2 and v1. `root` is where /proc
 * and /sys are looked for.
 */
export async function readCgroupLimits(root = '/'): Promise<CgroupLimits> {
  const lines = ((await readIfPresent(join(root, 'proc/self/cgroup'))) ?? '').split('\n');
  const found: CgroupLimits[] = [];
  for (const line of lines) {
    const [id, controllers = '', path = ''] = line.split(/:(.*?):/s);
    if (id === undefined || path === '') continue;
    const names = controllers.split(',');
    if (controllers === '') found.push(...(await climb(path, (group) => readV2(join(root, 'sys/fs/cgroup', group)))));
    if (names.includes('cpu'))
      found.push(...(await climb(path, (group) => readV1Cpu(join(root, 'sys/fs/cgroup/cpu', group)))));
    if (names.includes('memory'))
      found.push(...(await climb(path, (group) => readV1Memory(join(root, 'sys/fs/cgroup/memory', group)))));
  }
  return { cpus: least(found.map((limit) => limit.cpus)), memoryMiB: least(found.map((limit) => limit.memoryMiB)) };
}

async function climb(path: string, read: (group: string) => Promise<CgroupLimits>): Promise<CgroupLimits[]> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Promise.all([...parts.keys(), parts.length].map((count) => read(parts.slice(0, count).join('/'))));
}

async function readV2(group: string): Promise<CgroupLimits> {
  const [quota, period] = ((await readIfPresent(join(group, 'cpu.max'))) ?? 'max').trim().split(' ').map(Number);
  const memory = Number(((await readIfPresent(join(group, 'memory.max'))) ?? 'max').trim());
  return { cpus: ratio(quota, period), memoryMiB: Number.isFinite(memory) ? Math.floor(memory / 2 ** 20) : null };
}

async function readV1Cpu(group: string): Promise<CgroupLimits> {
  const quota = Number((await readIfPresent(join(group, 'cpu.cfs_quota_us'))) ?? -1);
  const period = Number((await readIfPresent(join(group, 'cpu.cfs_period_us'))) ?? 0);
  return { cpus: ratio(quota, period), memoryMiB: null };
}

async function readV1Memory(group: string): Promise<CgroupLimits> {
  const limit = Number((await readIfPresent(join(group, 'memory.limit_in_bytes'))) ?? Number.NaN);
  // "No limit" is the largest page-aligned number (2^63 less a page).
  return { cpus: null, memoryMiB: limit > 0 && limit < 2 ** 62 ? Math.floor(limit / 2 ** 20) : null };
}

function ratio(quota: number | undefined, period: number | undefined): number | null {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function least(values: readonly (number | null)[]): number | null {
  const limits = values.filter((value) => value !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}
