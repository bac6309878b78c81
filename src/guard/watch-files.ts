import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `changed` for whatever happens to one of the paths: a write, a rename over it, another mode, its removal
 * (inotify(7) on the directories, which sees an exchanged file too). A directory that can't be watched now is a change at
 * once, unless it may be absent.
 */
export function watchFiles(
  paths: readonly string[],
  changed: () => void,
  signal: AbortSignal,
  options: { absent?: 'ignored' } = {},
): void {
  const names = Map.groupBy(paths, dirname);
  for (const [directory, inside] of names) {
    const wanted = new Set(inside.map((path) => basename(path)));
    const heard = (_: string, name: string | null): void => {
      // Without a name the queue has overflowed, or the directory itself changed.
      if (name === null || wanted.has(name)) changed();
    };
    try {
      const watcher: FSWatcher = watch(directory, { persistent: false, signal }, heard);
      watcher.on('error', () => changed());
    } catch {
      if (options.absent !== 'ignored') changed();
    }
  }
}
