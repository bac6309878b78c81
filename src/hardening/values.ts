import { type Change, type Journal, LaterEdit, type Undo } from '../system/journal.ts';
import type { KernelFiles } from './kernel-files.ts';
import { lockedPath } from './sysctl-names.ts';

/** Values of the kernel, one a file: what they were, what we set, and what their owner set since. */

/**
 * Writes down what a value was before we set it, and what it is set to. What the owner set since an earlier run is what goes
 * back, so that run's line makes room for one with it.
 */
export async function recordValue(
  journal: Journal,
  change: Pick<Change, 'kind' | 'target'> & { before: string },
  after: string,
): Promise<Change | undefined> {
  const earlier = await journal.find(change.kind, change.target);
  const isKnown = earlier !== undefined && (earlier.made === undefined || isOfOurs(earlier, change.before));
  const line = isKnown ? earlier : await journal.record(change);
  if (earlier !== undefined && !isKnown) await journal.markUndone(earlier.id);
  await journal.recordMade(line, after);
  return isKnown ? undefined : line;
}

/** Gives a value back what it was, where it still is what we set. */
export function undoValue(files: KernelFiles): Undo {
  return async (change, how) => {
    const { target, before, made } = change;
    const now = await files.read(target);
    if (now === undefined || isSame(now, before)) return;
    if (lockedPath(target, now)) throw new LaterEdit(`${target} holds ${now} until the next boot`);
    if (!how?.overwrite && made !== undefined && !isOfOurs(change, now))
      throw new LaterEdit(`${target} was set to ${now} since`);
    await files.write(target, before as string);
  };
}

function isOfOurs({ before, made = [] }: Change, now: string): boolean {
  return [before, ...made].some((value) => isSame(now, value));
}

/** White space differs between kernels and means nothing. */
function isSame(now: string, value: Change['before']): boolean {
  return typeof value === 'string' && now.split(/\s+/).join(' ') === value.trim().split(/\s+/).join(' ');
}
