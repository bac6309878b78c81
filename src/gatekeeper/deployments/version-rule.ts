import type { Declaration } from './declaration.ts';
import { DECLARATION_FILE } from './declaration.ts';
import type { Finding } from './finding.ts';

type Version = Pick<Declaration, 'name' | 'version' | 'replaces'>;

/**
 * Whether a version may follow the one that its target has: it must be above it. A lower one must say so (`replaces` with the
 * present version and `rollback`), so that an old version can't be passed off as a new one. Gives what is wrong.
 */
export function refuseVersion(next: Version, current: Version | undefined): Finding | undefined {
  const finding = (code: string, reason: string): Finding => ({ file: DECLARATION_FILE, code, reason });
  const { replaces } = next;
  if (current === undefined) {
    if (replaces === undefined) return undefined;
    return finding('replaces-other', `it replaces ${replaces.version}, and nothing is deployed there`);
  }
  if (next.name !== current.name)
    return finding('replaces-other', `this is ${next.name}, and ${current.name} is deployed there`);
  if (replaces !== undefined && replaces.version !== current.version)
    return finding('replaces-other', `it replaces ${replaces.version}, and ${current.version} is deployed there`);
  const order = compareVersions(next.version, current.version);
  if (order > 0) {
    if (replaces?.rollback !== true) return undefined;
    return finding('replaces-other', `${next.version} is above ${current.version}: that is no rollback`);
  }
  if (order < 0 && replaces?.rollback === true) return undefined;
  const how = order === 0 ? 'has the version of' : 'is below';
  return finding('version-not-above', `${next.version} ${how} what is deployed (${current.version})`);
}

/** Below 0 when `one` is lower: `major.minor.patch` by their numbers. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one.split('.').map(Number), other.split('.').map(Number)];
  for (let part = 0; part < 3; part += 1) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
