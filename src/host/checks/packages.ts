import { installedPackages, packageCandidates } from '../packages/dpkg.ts';
import { packagesFor } from '../packages/required.ts';
import { hasSystemd } from './system.ts';
import type { RunCheck } from './types.ts';

export const checkPackages: RunCheck = async (context) => {
  const required = packagesFor(await hasSystemd(context));
  const installed = await installedPackages(
    context.exec,
    required.flatMap((entry) => [entry.name, ...(entry.alternatives ?? [])]),
  );
  const missing = required.filter(
    (entry) => ![entry.name, ...(entry.alternatives ?? [])].some((name) => installed.has(name)),
  );
  if (missing.length === 0) {
    return { name: 'packages', severity: 'ok', message: `all ${required.length} Debian packages are installed` };
  }
  const names = missing.map((entry) => entry.name);
  const candidates = await packageCandidates(context.exec, names);
  const unknown = names.filter((name) => !candidates.has(name));
  const about = unknown.length > 0 ? '; the package lists have to be fetched first' : '';
  return {
    name: 'packages',
    severity: 'error',
    message: `missing: ${missing.map((entry) => `${entry.name} (${entry.for})`).join(', ')}${about}`,
    fix: { description: `install ${names.join(', ')} from Debian, without starting services`, packages: names },
  };
};
