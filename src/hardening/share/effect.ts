import { join } from 'node:path';
import type { AppliedPlan } from '../applied.ts';
import type { KernelFiles } from '../kernel-files.ts';

/** The least time that the kernel takes for a quota, in microseconds. */
const LEAST_US = 1_000;

interface Quota {
  readonly path: string;
  /** What is lent, as it is written: `50000 100000` or `50000`. */
  readonly full: string;
}

/** Sets what guests get of the lent CPU now. Gives the files that were written; a group that is gone is passed over. */
export async function setShare(
  applied: Pick<AppliedPlan, 'groups'>,
  fraction: number,
  files: KernelFiles,
): Promise<string[]> {
  const written: string[] = [];
  for (const { path, full } of quotasOf(applied)) {
    const wanted = scaled(full, fraction);
    const now = await files.read(path);
    if (now === undefined || now === wanted) continue;
    await files.write(path, wanted);
    written.push(path);
  }
  return written;
}

function quotasOf({ groups }: Pick<AppliedPlan, 'groups'>): Quota[] {
  return groups.flatMap(({ directory, settings }) =>
    settings
      .filter(({ file }) => isQuota(file))
      .map(({ file, value }) => ({ path: join(directory, file), full: value })),
  );
}

function isQuota(file: string): boolean {
  return file === 'cpu.max' || file === 'cpu.cfs_quota_us';
}

/** A quota times a fraction; the period stays. */
export function scaled(full: string, fraction: number): string {
  const [quota, ...period] = full.split(' ');
  return [Math.max(LEAST_US, Math.floor(Number(quota) * fraction)), ...period].join(' ');
}

/** Whether a limit of a group holds: a CPU quota may be lower than what is lent, because the owner comes first. */
export function holds(file: string, expected: string, actual: string): boolean {
  if (actual === expected) return true;
  if (!isQuota(file)) return false;
  const [most, period] = expected.split(' ');
  const [now, nowPeriod] = actual.split(' ');
  return period === nowPeriod && Number(now) > 0 && Number(now) <= Number(most);
}
