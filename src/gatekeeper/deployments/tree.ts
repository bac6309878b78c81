import type { ArchivedFile } from '../documents/index.ts';

/** The files of a closure, by path. */
export type Tree = ReadonlyMap<string, ArchivedFile>;

/** Whether there is a file of this path, or one below it. */
export function hasPath(tree: Tree, path: string): boolean {
  const bare = path.replace(/\/$/, '');
  return tree.has(bare) || [...tree.keys()].some((it) => it.startsWith(`${bare}/`));
}

/** `roles/web/tasks` of `roles/web/tasks/main.yml`; empty at the top. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Joins parts with `/`; an empty one is left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}
