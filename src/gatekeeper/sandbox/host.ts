import { lstat, mkdir, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { hasEntry } from '../../system/files.ts';
import { shownPrograms } from '../../system/sandbox/programs.ts';
import { isReadable, isWithin, isWritable, overlap } from './paths.ts';
import type { Bound, HostFacts } from './plan.ts';
import { openParts, readTree } from './settings-tree.ts';

/** Looks at the host as every run sees it; `hidden` are directories of this program's own. */
export async function hostFacts(hidden: readonly string[]): Promise<HostFacts> {
  const { homedir, uid } = userInfo();
  return {
    programs: await shownPrograms(),
    settings: openParts(await readTree('/etc')),
    home: /^\/(?:root|home\/[^/]+)$/.test(homedir) ? homedir : '/run/logos/home',
    hidden: await Promise.all(hidden.map((path) => realpath(path).catch(() => path))),
    isRoot: uid === 0,
  };
}

/**
 * The paths of `read` that are there. Throws UserError `sandbox-path-refused` where one leads to what no library may have read.
 */
export async function readablePaths(read: readonly string[], { hidden }: HostFacts): Promise<string[]> {
  const found: string[] = [];
  for (const path of read) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    if (!isReadable(real) || hidden.some((it) => overlap(real, it))) throw refused(path, 'read');
    found.push(path);
  }
  return found;
}

/**
 * Makes those of the directories that are absent. Throws UserError `sandbox-path-refused` for one that is none, that a link stands
 * for, or that lies about this program's own.
 */
export async function writableDirectories(write: readonly string[], { hidden }: HostFacts): Promise<readonly string[]> {
  for (const path of write) {
    if (!isWritable(path) || hidden.some((it) => overlap(path, it))) throw refused(path, 'written');
    // By a link on the way it would be made elsewhere.
    const above = await existing(path);
    if ((await realpath(above)) !== above) throw refused(path, 'written');
    await mkdir(path, { recursive: true, mode: 0o755 });
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory() || (await realpath(path)) !== path) throw refused(path, 'written');
  }
  return write;
}

/** The path, or what is above it as far down as there is something. */
async function existing(path: string): Promise<string> {
  return path === '/' || (await hasEntry(path)) ? path : existing(dirname(path));
}

/** Those of the paths at which there is a unix socket, or a device. */
export async function present(paths: readonly string[], kind: 'socket' | 'device'): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const it = await lstat(path).catch(() => undefined);
      return (kind === 'socket' ? it?.isSocket() : it?.isCharacterDevice()) ? [path] : [];
    }),
  );
  return found.flat();
}

/** Where a program lies that is in none of the usual directories: its package below /opt, or its file alone. */
export async function programPlaces(
  program: string,
  { programs }: HostFacts,
): Promise<{ directories: string[]; files: Bound[] }> {
  const real = await realpath(program);
  const isShown = (path: string) => programs.some((it) => isWithin(path, it.path));
  const [, own] = /^(\/opt\/[^/]+)\/./.exec(real) ?? [];
  if (own !== undefined && (isShown(program) || isWithin(program, own))) return { directories: [own], files: [] };
  const places = [...new Set([program, real])].filter((at) => !isShown(at));
  return { directories: own === undefined ? [] : [own], files: places.map((at) => ({ source: real, at })) };
}

/** What /etc/resolv.conf stands for, where that lies elsewhere. */
export async function resolverFiles(): Promise<string[]> {
  const real = await realpath('/etc/resolv.conf').catch(() => '/etc');
  return isWithin(real, '/run') ? [real] : [];
}

/** Makes the directories that a tool finds again, below `directory`, and gives where they go below `home`. */
export async function keptDirectories(keep: readonly string[], directory: string, home: string): Promise<Bound[]> {
  for (const name of keep) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  return keep.map((name) => ({ source: join(directory, name), at: join(home, name) }));
}

function refused(path: string, how: 'read' | 'written'): UserError {
  return new UserError('sandbox-path-refused', `${path} can't be ${how} by a tool on this host.`, {
    nextSteps: [`See where ${path} leads: a link, or a directory of Logos itself, is never given to a tool.`],
  });
}
