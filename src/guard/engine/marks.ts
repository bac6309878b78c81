import type { Baseline } from './baseline.ts';
import type { Tree } from './directory.ts';
import type { EventSource } from './event-source.ts';
import { openFanotify } from './fanotify.ts';
import { openInotify } from './inotify.ts';
import { E, type Libc, O } from './libc.ts';
import { LANE } from './record.ts';
import type { Missing } from './types.ts';
import { split } from './verifier.ts';

export interface Marks {
  readonly sources: readonly EventSource[];
  readonly missing: readonly Missing[];
  /** Asks for the events of an entry again, because there is another inode now. */
  again(entry: number): void;
}

/** Asks the kernel for the events of every entry; where fanotify(7) can't be had, of inotify(7). */
export function markAll(libc: Libc, tree: Tree, baseline: Baseline): Marks {
  const fanotify = openFanotify(libc, baseline.count);
  const missing: Missing[] = [];
  if (fanotify === undefined)
    missing.push({ sensor: 'fanotify', reason: 'not permitted or not there: inotify instead' });
  let inotify: EventSource | undefined;
  const failed = new Map<number, number>();
  const mark = (directory: number, name: string, entry: number): void => {
    const filesystem = baseline.lane(entry, LANE.filesystem);
    const isDirectory = baseline.isDirectory(entry);
    let status = fanotify?.mark(directory, name, entry, isDirectory, filesystem) ?? -E.opnotsupp;
    if (status < 0 && status !== -E.noent) {
      inotify ??= openInotify(libc);
      status = inotify?.mark(directory, name, entry, isDirectory, filesystem) ?? status;
    }
    // What is gone by now is found by the first sweep.
    if (status < 0 && status !== -E.noent) failed.set(-status, (failed.get(-status) ?? 0) + 1);
  };
  for (const root of baseline.roots()) {
    const [directory, name] = split(baseline.name(root));
    const fd = tree.openRoot(directory, O.path | O.directory);
    if (fd < 0) continue;
    markBelow(tree, baseline, fd, name, root, mark);
    tree.close(fd);
  }
  for (const [errno, count] of failed) {
    missing.push({ sensor: 'events', reason: `none for ${count} entries (error ${errno}): sweeps only` });
  }
  const sources = [fanotify, inotify].filter((source) => source !== undefined);
  return { sources, missing, again: (entry) => markAgain(tree, baseline, entry, mark) };
}

type Mark = (directory: number, name: string, entry: number) => void;

function markBelow(tree: Tree, baseline: Baseline, directory: number, name: string, entry: number, mark: Mark): void {
  // Before its names are looked at, so that none comes unseen.
  mark(directory, name, entry);
  const end = baseline.lane(entry, LANE.end);
  if (end === entry + 1) return;
  const fd = tree.openAt(directory, name, O.directory);
  if (fd < 0) return;
  for (let child = entry + 1; child < end; child = baseline.lane(child, LANE.end)) {
    markBelow(tree, baseline, fd, baseline.name(child), child, mark);
  }
  tree.close(fd);
}

function markAgain(tree: Tree, baseline: Baseline, entry: number, mark: Mark): void {
  const [directory, name] = split(baseline.path(entry));
  const fd = tree.openRoot(directory, O.path | O.directory);
  if (fd < 0) return;
  mark(fd, name, entry);
  tree.close(fd);
}
