import { z } from 'zod';

/** `major.minor.patch` without anything else: safe as a part of a path. */
export const versionSchema = z.string().regex(/^(?:0|[1-9][0-9]{0,5})\.(?:0|[1-9][0-9]{0,5})\.(?:0|[1-9][0-9]{0,5})$/);

/** Whether `version` is `minimum` or newer. A pre-release (`1.2.0-rc.1`) is older than its release (Semantic Versioning 2.0.0). */
export function isAtLeast(version: string, minimum: string): boolean {
  const [core = '', ...rest] = version.split(/[-+]/);
  const prerelease = rest.length > 0 && version[core.length] === '-';
  const have = core.split('.').map(Number);
  const need = minimum.split('.').map(Number);
  for (let part = 0; part < 3; part += 1) {
    const difference = (have[part] ?? Number.NaN) - (need[part] ?? Number.NaN);
    if (Number.isNaN(difference)) return false;
    if (difference !== 0) return difference > 0;
  }
  return !prerelease;
}
