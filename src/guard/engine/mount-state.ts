import { statSync } from 'node:fs';
import type { KnownMount } from './header.ts';
import type { Libc } from './libc.ts';
import { type ForeignView, foreignViews, type Mount } from './mounts.ts';
import { shown, unshown } from './names.ts';

export interface MountFinding {
  /** One character a byte. */
  readonly path: string;
  readonly expected?: string;
  readonly found?: string;
}

/** The mounts that the roots lie on, and those at or below them; sorted, the last mounted last. */
export function mountsOf(mounts: readonly Mount[], roots: readonly string[]): KnownMount[] {
  const kept = mounts.filter((mount) => roots.some((root) => isWithin(mount.at, root) || isWithin(root, mount.at)));
  return kept
    .map(({ at, root, type, source }) => ({ at: shown(at), root: shown(root), type, source: shown(source) }))
    .sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** How the mounts of our own namespace differ from those of the baseline. */
export function compareMounts(known: readonly KnownMount[], now: readonly KnownMount[]): MountFinding[] {
  const left = new Map<string, number>();
  for (const mount of known) left.set(text(mount), (left.get(text(mount)) ?? 0) + 1);
  const added = now.filter((mount) => {
    const count = left.get(text(mount)) ?? 0;
    left.set(text(mount), count - 1);
    return count <= 0;
  });
  const removed = known.filter((mount) => {
    const count = left.get(text(mount)) ?? 0;
    if (count > 0) left.set(text(mount), count - 1);
    return count > 0;
  });
  return [
    ...added.map((mount) => ({ path: unshown(mount.at), expected: 'no such mount', found: text(mount) })),
    ...removed.map((mount) => ({ path: unshown(mount.at), expected: text(mount), found: 'not mounted' })),
  ];
}

/** What other mount namespaces show in the place of guarded paths, a line each. */
export function foreignCovers(libc: Libc, own: readonly Mount[], roots: readonly string[]): string[] {
  const found = new Set<string>();
  for (const view of foreignViews(libc)) {
    for (const { path, found: what } of coversIn(view, own, roots)) {
      found.add(`${shown(path)} ${what}`);
    }
  }
  return [...found].sort();
}

/**
 * Mounts of another namespace on a guarded path. What counts is the directory that is mounted upon, by filesystem and place in
 * it: a container's own /etc is another one. A mount that shows what it covers changes nothing (services with ProtectSystem=
 * have many). One on a directory above a root counts when something else is then found at the root's path; where nothing is
 * found it was hidden, as by PrivateTmp=.
 */
export function coversIn(view: ForeignView, own: readonly Mount[], roots: readonly string[]): MountFinding[] {
  const byId = new Map(view.mounts.map((mount) => [mount.id, mount]));
  const guarded = roots.flatMap((root) => {
    const below = mountAt(own, root);
    return below === undefined ? [] : [{ root, device: below.device, inside: within(below, root) }];
  });
  return view.mounts.flatMap((mount) => {
    const parent = byId.get(mount.parent);
    if (parent === undefined || parent === mount) return [];
    const upon = within(parent, mount.at);
    if (mount.device === parent.device && mount.root === upon) return [];
    return guarded.flatMap(({ root, device, inside }) => {
      if (parent.device !== device) return [];
      const what = `${mount.type} ${shown(mount.root)} of ${shown(mount.source)} in another mount namespace`;
      if (isWithin(upon, inside))
        return [{ path: `${root}${upon.slice(inside.length)}`, expected: 'no such mount', found: what }];
      if (isWithin(inside, upon) && isExchanged(view, root))
        return [{ path: root, expected: 'no such mount', found: what }];
      return [];
    });
  });
}

/** Whether this process finds something else at our path. Where there is no process, nobody finds anything. */
function isExchanged(view: ForeignView, root: string): boolean {
  const process = view.process();
  if (process === undefined) return false;
  const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');
  try {
    const [ours, theirs] = [statSync(bytes(root)), statSync(bytes(`/proc/${process}/root${root}`))];
    return ours.dev !== theirs.dev || ours.ino !== theirs.ino;
  } catch {
    return false;
  }
}

/** The mount that a path lies on: the last one of the deepest. */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (isWithin(path, mount.at) && mount.at.length >= (found?.at.length ?? 0)) found = mount;
  }
  return found;
}

/** The place of a path in the filesystem of the mount that it lies on. */
function within(mount: Mount, path: string): string {
  const below = mount.at === '/' ? path : path.slice(mount.at.length);
  return `${mount.root === '/' ? '' : mount.root}${below}` || '/';
}

export function isWithin(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`);
}

function text({ at, root, type, source }: KnownMount): string {
  return `${type} ${root} of ${source} at ${at}`;
}
