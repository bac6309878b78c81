import type { Exec } from '../../system/exec.ts';
import type { Journal } from '../../system/journal.ts';
import { aptFailure, aptGet, packagesUnavailable } from './apt.ts';
import { installedPackages, packageCandidates, parseSimulatedInstall } from './dpkg.ts';
import { withoutServiceStarts } from './services.ts';

export interface InstallDependencies {
  exec: Exec;
  journal: Journal;
  onProgress?: (text: string) => void;
  signal?: AbortSignal;
  /** Where the service policy is; another one in tests. */
  policyFile?: string;
}

/** How often a long installation says that it is still at work, milliseconds. */
const HEARTBEAT_MS = 5_000;

/**
 * Installs Debian packages and what they depend on; each one that comes new is journalled first (kind `package`), and no
 * service is started. Resumes after a kill. Throws UserError `packages-unavailable` (no network, unknown names) or
 * ExternalError `package-install-failed`; then nothing was installed, or what was is in the journal.
 */
export async function installPackages(names: readonly string[], dependencies: InstallDependencies): Promise<string[]> {
  const { exec, journal, signal, onProgress = () => {} } = dependencies;
  signal?.throwIfAborted();
  const missing = await notInstalled(exec, names);
  if (missing.length === 0) return [];
  try {
    await repairInterrupted(exec);
    await updateListsIfNeeded(exec, missing, onProgress, signal);
    const { stdout } = await aptGet(exec, ['-s', 'install', ...missing], { signal });
    const { added } = parseSimulatedInstall(stdout);
    for (const name of added) {
      if (await journal.find('package', name)) continue;
      await journal.record({
        kind: 'package',
        target: name,
        before: { absent: true, requested: missing.includes(name) },
      });
    }
    onProgress(`installing ${missing.join(', ')} (${added.length} packages in all)`);
    await withoutServiceStarts(
      journal,
      () => watched(exec, added, onProgress, () => aptGet(exec, ['install', ...missing], { signal })),
      dependencies.policyFile,
    );
    return added;
  } catch (error) {
    signal?.throwIfAborted();
    throw aptFailure(error, missing);
  }
}

async function notInstalled(exec: Exec, names: readonly string[]): Promise<string[]> {
  const installed = await installedPackages(exec, names);
  return names.filter((name) => !installed.has(name));
}

/** A killed dpkg refuses all further work until it is asked to finish. */
async function repairInterrupted(exec: Exec): Promise<void> {
  const { stdout } = await exec('dpkg', ['--audit']);
  if (stdout.trim() === '') return;
  await exec('dpkg', ['--configure', '-a', '--force-confdef', '--force-confold'], {
    timeout: 300_000,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** A fresh system has no package lists; one that knows all names already is not asked to fetch them again. */
async function updateListsIfNeeded(
  exec: Exec,
  names: readonly string[],
  onProgress: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const known = await packageCandidates(exec, names);
  if (names.every((name) => known.has(name))) return;
  onProgress('fetching the package lists');
  // Failing to fetch a list is a warning for apt-get: whether it mattered shows in what is still unknown.
  await aptGet(exec, ['update'], { signal, timeout: 300_000 });
  const now = await packageCandidates(exec, names);
  const unknown = names.filter((name) => !now.has(name));
  if (unknown.length > 0) throw packagesUnavailable(unknown);
}

/** Says every few seconds how far it has come, by what dpkg has finished. */
async function watched<T>(
  exec: Exec,
  names: readonly string[],
  onProgress: (text: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1000);
    installedPackages(exec, names).then(
      (done) => onProgress(`installed ${done.size} of ${names.length} packages, ${seconds} s`),
      () => onProgress(`installing packages, ${seconds} s`),
    );
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
