import { lstat, readlink } from 'node:fs/promises';

/** Where programs are looked for: directories that only root writes, and never the shims that lead back here. */
export const PROGRAM_DIRECTORIES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** A part of the host as a sandbox may show it: itself, or the link that it is. */
export type Shown = { readonly path: string } | { readonly path: string; readonly target: string };

/** The directories of this host's programs and libraries, or the links that stand for them. */
export async function shownPrograms(): Promise<Shown[]> {
  return (await Promise.all(PROGRAMS.map(shownProgram))).flat();
}

async function shownProgram(path: string): Promise<Shown[]> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) return [{ path, target: await readlink(path) }];
  return found?.isDirectory() ? [{ path }] : [];
}

/** The options of bwrap(1) for it. A file of the host's may have gone since it was looked at. */
export function show(part: Shown): string[] {
  return 'target' in part ? ['--symlink', part.target, part.path] : ['--ro-bind-try', part.path, part.path];
}
